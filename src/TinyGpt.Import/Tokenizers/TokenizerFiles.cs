using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>Reads the tokenizer of a model folder. Stateless and thread-safe.</summary>
/// <remarks>
/// <para>
/// <c>tokenizer.json</c> is read where there is one, because it also holds the added tokens; otherwise <c>vocab.json</c> and
/// <c>merges.txt</c>, with <c>added_tokens.json</c> and <c>special_tokens_map.json</c> where they exist. Byte-level byte-pair
/// encoding as GPT-2 does it is supported; everything else is refused by name.
/// </para>
/// <para>
/// Special tokens are the added tokens, those that <c>special_tokens_map.json</c> names and <c>&lt;|endoftext|&gt;</c>, except
/// what ordinary text becomes by itself: single bytes and what merges read or make. A name without a token is passed over.
/// </para>
/// </remarks>
public static class TokenizerFiles
{
    /// <summary>The largest file that is read, in bytes.</summary>
    public const int LargestFile = 1 << 27;

    /// <summary>Whether a folder has the files of a tokenizer. It says nothing of what is in them.</summary>
    /// <param name="folder">The folder's path.</param>
    /// <returns>Whether there is <c>tokenizer.json</c>, or <c>vocab.json</c> and <c>merges.txt</c>.</returns>
    public static bool Exists(string folder) =>
        File.Exists(Path.Combine(folder, "tokenizer.json"))
        || (File.Exists(Path.Combine(folder, "vocab.json")) && File.Exists(Path.Combine(folder, "merges.txt")));

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
    public static TokenVocabulary Read(string folder, int? vocabularySize = null)
    {
        if (vocabularySize is { } size)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1, nameof(vocabularySize));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, TokenVocabulary.MostTokens, nameof(vocabularySize));
        }

        string single = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(single))
        {
            VocabularyDraft draft = new(single);
            TokenizerJsonFile.Read(ReadFile(single), single, draft);
            return draft.Build(vocabularySize);
        }

        return Exists(folder)
            ? ReadGpt2Files(folder).Build(vocabularySize)
            : throw new ModelFormatException(folder, "the folder has neither tokenizer.json nor vocab.json with merges.txt");
    }

    private static VocabularyDraft ReadGpt2Files(string folder)
    {
        string vocabulary = Path.Combine(folder, "vocab.json");
        VocabularyDraft draft = new(vocabulary);
        Gpt2VocabularyFiles.ReadVocabulary(ReadFile(vocabulary), vocabulary, draft);

        string merges = Path.Combine(folder, "merges.txt");
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

        return draft;
    }

    private static byte[] ReadFile(string path)
    {
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
