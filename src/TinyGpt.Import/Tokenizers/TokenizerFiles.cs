using TinyGpt.Format;
using TinyGpt.Import.Tokenizers;
using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>Reads the tokenizer of a model folder. Stateless and thread-safe.</summary>
/// <remarks>
/// <para>
/// <c>tokenizer.json</c> is read where there is one, because it says everything; otherwise <c>vocab.json</c> and
/// <c>merges.txt</c>, with <c>added_tokens.json</c> and <c>special_tokens_map.json</c> where they exist, or OpenAI's files of GPT-1,
/// <c>encoder_bpe_40000.json</c> and <c>vocab_40000.bpe</c>. <c>tokenizer_config.json</c> says which tokens begin and end a text.
/// Byte-pair encoding as the GPT family does it is supported, byte-level, SentencePiece's and GPT-1's; everything else is refused by name.
/// </para>
/// <para>
/// Special tokens are the added tokens, unless <c>tokenizer.json</c> says that they are not, those that <c>special_tokens_map.json</c> and
/// <c>tokenizer_config.json</c> name and <c>&lt;|endoftext|&gt;</c>, except what ordinary text becomes by itself: single bytes and what
/// merges read or make. A name without a token is passed over. Added tokens that are not special are found in any text.
/// </para>
/// </remarks>
public static class TokenizerFiles
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int LargestFile = 1 << 27;

    private const string SingleFile = "tokenizer.json";
    private const string EndOfText = "<|endoftext|>";

    /// <summary>The two files of a folder without <see cref="SingleFile"/>: Hugging Face's names, and OpenAI's of GPT-1.</summary>
    private static readonly (string Vocabulary, string Merges)[] Pairs =
        [("vocab.json", "merges.txt"), ("encoder_bpe_40000.json", "vocab_40000.bpe")];

    /// <summary>Whether a folder has the files of a tokenizer. It says nothing of what is in them.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <returns>Whether there is <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>, or GPT-1's two files.</returns>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, SingleFile)) || FindPair(folder) is not null;

    /// <summary>Reads a folder's tokenizer.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <param name="vocabularySize">
    /// The model's number of ids, or null if it is not known. Ids beyond the tokenizer's tokens are unused; fewer are an error.
    /// </param>
    /// <returns>The vocabulary.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="vocabularySize"/> is less than 1 or more than <see cref="TokenVocabulary.MostTokens"/>.
    /// </exception>
    /// <exception cref="ModelFormatException">
    /// The folder has no tokenizer, or its files are damaged, contradict themselves or need something that is not supported.
    /// </exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TokenVocabulary Read(string folder, int? vocabularySize = null) =>
        ReadDraft(folder, vocabularySize, out _).Build(vocabularySize);

    /// <summary>Reads a folder's tokenizer, and what its files say of the ends of texts and of talks.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <param name="vocabularySize">As for <see cref="Read"/>.</param>
    /// <returns>The tokenizer as a <c>.tgpt</c> file holds it.</returns>
    /// <exception cref="ArgumentOutOfRangeException">As for <see cref="Read"/>.</exception>
    /// <exception cref="ModelFormatException">As for <see cref="Read"/>.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static TokenizerContent ReadContent(string folder, int? vocabularySize = null)
    {
        VocabularyDraft draft = ReadDraft(folder, vocabularySize, out TokenizerConfigFile config);
        TokenVocabulary vocabulary = draft.Build(vocabularySize);
        List<int> ends = [];
        foreach (string token in config.EndTokens)
        {
            if (draft.FindId(token) is { } id && !ends.Contains(id))
            {
                ends.Add(id);
            }
        }

        if (ends.Count == 0 && vocabulary.TryGetSpecialToken(EndOfText, out int usual))
        {
            ends.Add(usual);
        }

        return TokenizerContent.Of(vocabulary) with
        {
            EndTokens = ends,
            Chat = ChatTemplates.Format(config.ChatTemplates, config.BeginToken, config.EndTokens.Count > 0 ? config.EndTokens[0] : null, ends.Count > 0),
        };
    }

    private static VocabularyDraft ReadDraft(string folder, int? vocabularySize, out TokenizerConfigFile config)
    {
        if (vocabularySize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(vocabularySize));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, TokenVocabulary.MostTokens, nameof(vocabularySize));
        }

        config = TokenizerConfigFile.Read(folder);
        VocabularyDraft draft;
        string single = Path.Combine(folder, SingleFile);
        if (File.Exists(single))
        {
            draft = new VocabularyDraft(single);
            TokenizerJsonFile.Read(ReadFile(single), single, draft);
        }
        else if (FindPair(folder) is var (vocabulary, merges))
        {
            draft = ReadPair(folder, vocabulary, merges, config);
        }
        else
        {
            throw new ModelFormatException(folder, "the folder has neither tokenizer.json nor vocab.json with merges.txt");
        }

        ApplyConfig(config, draft);
        return draft;
    }

    private static (string Vocabulary, string Merges)? FindPair(string folder)
    {
        foreach ((string vocabulary, string merges) in Pairs)
        {
            if (File.Exists(Path.Combine(folder, vocabulary)) && File.Exists(Path.Combine(folder, merges)))
            {
                return (Path.Combine(folder, vocabulary), Path.Combine(folder, merges));
            }
        }

        return null;
    }

    private static VocabularyDraft ReadPair(string folder, string vocabulary, string merges, TokenizerConfigFile config)
    {
        VocabularyDraft draft = new(vocabulary);
        Gpt2VocabularyFiles.ReadVocabulary(ReadFile(vocabulary), vocabulary, draft);
        Gpt2VocabularyFiles.ReadMerges(ReadFile(merges), merges, draft);
        string addedTokens = Path.Combine(folder, "added_tokens.json");
        if (File.Exists(addedTokens))
        {
            Gpt2VocabularyFiles.ReadAddedTokens(ReadFile(addedTokens), addedTokens, draft);
        }

        string specialTokens = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(specialTokens))
        {
            Gpt2VocabularyFiles.ReadSpecialTokensMap(ReadFile(specialTokens), specialTokens, draft);
        }

        if (draft.MarksWordEnds)
        {
            draft.Spelling = TokenSpelling.Words;
            draft.Rules = Gpt1Rules(draft.FindId(config.UnknownToken ?? "<unk>"));
        }
        else if (config.TokenizerClass is { } name && !name.StartsWith("GPT2Tokenizer", StringComparison.Ordinal))
        {
            throw config.Place.Error(
                $"tokenizer_class '{name}' without a tokenizer.json is not supported; with vocab.json and merges.txt GPT2Tokenizer is");
        }
        else if (config.AddsPrefixSpace)
        {
            draft.Rules = draft.Rules with { PrefixSpace = PrefixSpace.UnlessThere, PrefixAfterAddedTokens = true };
        }

        return draft;
    }

    /// <summary>GPT-1's rules, as its published <c>tokenizer.json</c> has them: BERT's normalizer and splitting.</summary>
    private static TokenizerRules Gpt1Rules(int? unknown) => new()
    {
        Kind = TokenizerKind.Words,
        Splitting = PreSplitting.Bert,
        Normalization = TextNormalization.Clean | TextNormalization.SeparateIdeographs | TextNormalization.StripAccents
            | TextNormalization.Lowercase,
        Unknown = unknown,
    };

    private static void ApplyConfig(TokenizerConfigFile config, VocabularyDraft draft)
    {
        foreach (string? mark in (ReadOnlySpan<string?>)[config.BeginToken, .. config.EndTokens, config.UnknownToken])
        {
            if (mark is not null)
            {
                draft.AddMark(mark, config.Place);
            }
        }

        if (config.AddsBeginToken == true)
        {
            int begin = draft.FindId(config.BeginToken ?? "")
                ?? throw config.Place.Error($"'add_bos_token' needs the token '{config.BeginToken}', which the vocabulary does not have");
            draft.Rules = draft.Rules with { BeginOfText = begin };
        }
        else if (config.AddsBeginToken == false)
        {
            draft.Rules = draft.Rules with { BeginOfText = null };
        }
    }

    private static byte[] ReadFile(string path)
    {
        if (RegularFile.Problem(path) is not null)
        {
            return []; // nothing that never ends is opened; what reads the content says that there is none
        }

        using FileStream stream = File.OpenRead(path);
        if (stream.Length > LargestFile)
        {
            throw new ModelFormatException(path, $"the file has {stream.Length} bytes; at most {LargestFile} are read");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
