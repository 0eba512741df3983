using TinyGpt.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>What the metadata of a GGUF file says of its tokenizer, under the names that begin with <c>tokenizer.</c></summary>
internal sealed record GgufTokenizer
{
    private const int DefaultBegin = 1; // Llama's <s>, for files that do not say

    private enum TokenType
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }

    /// <summary>The file, for errors.</summary>
    internal required string File { get; init; }

    /// <summary><c>ggml.model</c>: <c>gpt2</c> (byte-level) or <c>llama</c> (SentencePiece's) are supported.</summary>
    internal required string Model { get; init; }

    /// <summary><c>ggml.pre</c>: how a byte-level tokenizer splits text. Needed there; a file that lacks it does not say what it needs.</summary>
    internal string? Pre { get; init; }

    /// <summary><c>ggml.tokens</c>, by id.</summary>
    internal required IReadOnlyList<string> Tokens { get; init; }

    /// <summary><c>ggml.scores</c>, by id; needed by <c>llama</c>.</summary>
    internal IReadOnlyList<float>? Scores { get; init; }

    /// <summary><c>ggml.token_type</c>, by id; where it is absent all tokens are normal.</summary>
    internal IReadOnlyList<int>? TokenTypes { get; init; }

    /// <summary><c>ggml.merges</c>, lowest rank first, each two tokens and a space between; needed by <c>gpt2</c>.</summary>
    internal IReadOnlyList<string>? Merges { get; init; }

    /// <summary><c>ggml.bos_token_id</c>.</summary>
    internal int? BeginOfText { get; init; }

    /// <summary><c>ggml.eos_token_id</c>.</summary>
    internal int? EndOfText { get; init; }

    /// <summary><c>ggml.eot_token_id</c>: what ends a turn.</summary>
    internal int? EndOfTurn { get; init; }

    /// <summary><c>ggml.eom_token_id</c>: what ends a message that another follows.</summary>
    internal int? EndOfMessage { get; init; }

    /// <summary><c>ggml.unknown_token_id</c>.</summary>
    internal int? Unknown { get; init; }

    /// <summary><c>ggml.add_bos_token</c>; where it is absent, <c>llama</c> and Llama 3's files mean true.</summary>
    internal bool? AddsBeginOfText { get; init; }

    /// <summary><c>ggml.add_space_prefix</c>, of <c>llama</c>; where it is absent, true.</summary>
    internal bool? AddsPrefixSpace { get; init; }

    /// <summary><c>chat_template</c> and those with names.</summary>
    internal IReadOnlyList<NamedChatTemplate> ChatTemplates { get; init; } = [];

    private FilePlace Place => new(File, null);

    /// <summary>Makes the tokenizer as a <c>.tgpt</c> file holds it.</summary>
    /// <param name="vocabularySize">The model's number of ids, or null if it is not known; fewer than there are tokens are an error.</param>
    /// <exception cref="ModelFormatException">The metadata contradicts itself, lacks something or needs something that is not supported.</exception>
    internal TokenizerContent ToContent(int? vocabularySize)
    {
        VocabularyDraft draft = new(File)
        {
            Rules = Model switch
            {
                "gpt2" => ByteLevelRules(),
                "llama" => SentencePieceRules(),
                _ => throw Place.Error($"tokenizer.ggml.model '{Model}' is not supported; gpt2 and llama are"),
            },
        };
        bool scored = draft.Rules.Kind == TokenizerKind.SentencePiece;
        draft.Spelling = scored ? TokenSpelling.PiecesAndBytes : TokenSpelling.Bytes;
        RequireCount(Scores?.Count, "scores", needed: scored);
        RequireCount(TokenTypes?.Count, "token_type", needed: false);
        draft.Scores = scored ? [.. Scores!] : null;
        for (int id = 0; id < Tokens.Count; id++)
        {
            AddToken(draft, id);
        }

        draft.EndVocabulary();
        if (!scored)
        {
            foreach (string merge in Merges ?? throw Place.Error("tokenizer.ggml.merges is missing"))
            {
                Gpt2VocabularyFiles.AddMerge(merge, "a merge", Place, draft);
            }
        }

        foreach ((string name, int? token) in ((string, int?)[])
        [
            ("bos_token_id", draft.Rules.BeginOfText),
            ("eos_token_id", EndOfText),
            ("eot_token_id", EndOfTurn),
            ("eom_token_id", EndOfMessage),
            ("unknown_token_id", draft.Rules.Unknown),
        ])
        {
            if (token is { } id)
            {
                RequireToken(id, name);
                draft.AddMark(Tokens[id], Place);
            }
        }

        string? begin = BeginOfText is { } beginId && beginId >= 0 && beginId < Tokens.Count ? Tokens[beginId] : null;
        ChatFormat? chat = Tokenizers.ChatTemplates.Format(
            ChatTemplates, begin, EndOfText is { } endId ? Tokens[endId] : null, EndOfText is not null);
        ControlTokens controls = new(Tokens);
        foreach (int id in controls.EndTokens.Concat(chat is null ? [] : controls.MarksOf(chat.Family)))
        {
            draft.AddMark(Tokens[id], Place); // whatever type the converter wrote
        }

        TokenVocabulary vocabulary = draft.Build(vocabularySize);
        IEnumerable<int> named = ((ReadOnlySpan<int?>)[EndOfText, EndOfTurn, EndOfMessage]).ToArray().OfType<int>();
        return TokenizerContent.Of(vocabulary) with
        {
            EndTokens = [.. named.Concat(controls.EndTokens.Where(id => IsSpecial(vocabulary, id))).Distinct()],
            Chat = chat,
        };
    }

    private static bool IsSpecial(TokenVocabulary vocabulary, int id)
    {
        foreach (SpecialToken token in vocabulary.SpecialTokens)
        {
            if (token.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    private TokenizerRules ByteLevelRules()
    {
        bool isLlama3 = Pre is "llama-bpe" or "llama3" or "llama-v3";
        bool adds = AddsBeginOfText ?? isLlama3;
        return new TokenizerRules
        {
            Splitting = Pre switch
            {
                "gpt-2" or "phi-2" or "mpt" or "olmo" => PreSplitting.Gpt2,
                "smollm" or "starcoder" or "refact" => PreSplitting.DigitsThenGpt2,
                "qwen2" or "deepseek-r1-qwen" => PreSplitting.Qwen2,
                "dbrx" or "smaug-bpe" => PreSplitting.Gpt4,
                null => throw Place.Error("tokenizer.ggml.pre is missing, so that it is not known how text is split"),
                _ when isLlama3 => PreSplitting.Gpt4,
                _ => throw Place.Error($"tokenizer.ggml.pre '{Pre}' is not supported"),
            },
            Normalization = Pre is "qwen2" or "deepseek-r1-qwen" or "mpt" or "olmo" ? TextNormalization.Compose : TextNormalization.None,
            WholePiecesFirst = isLlama3,
            BeginOfText = !adds ? null : BeginOfText ?? throw Place.Error("tokenizer.ggml.bos_token_id is missing, and add_bos_token asks for it"),
        };
    }

    private TokenizerRules SentencePieceRules() => new()
    {
        Kind = TokenizerKind.SentencePiece,
        Splitting = PreSplitting.None,
        PrefixSpace = AddsPrefixSpace == false ? PrefixSpace.None : PrefixSpace.Always,
        PrefixAfterAddedTokens = AddsPrefixSpace != false,
        BeginOfText = AddsBeginOfText == false ? null : BeginOfText ?? DefaultBegin,
        Unknown = Unknown ?? FirstUnknown(),
    };

    private int? FirstUnknown()
    {
        for (int id = 0; id < TokenTypes?.Count; id++)
        {
            if (TokenTypes[id] == (int)TokenType.Unknown)
            {
                return id;
            }
        }

        return null;
    }

    private void AddToken(VocabularyDraft draft, int id)
    {
        TokenType type = TokenTypes is null ? TokenType.Normal : (TokenType)TokenTypes[id];
        switch (type)
        {
            case TokenType.Normal:
                draft.AddToken(Tokens[id], id, Place);
                break;
            case TokenType.Byte when draft.Spelling == TokenSpelling.PiecesAndBytes:
                draft.AddToken(TokenSpellings.TryGetByte(Tokens[id], out _) ? Tokens[id]
                    : throw Place.Error($"token {id}, '{Tokens[id]}', is of the type of bytes, but not written as one"), id, Place);
                break;
            case TokenType.Unknown or TokenType.Control or TokenType.UserDefined:
                draft.AddAddedToken(id, new DraftToken(Tokens[id], IsSpecial: type != TokenType.UserDefined, Place));
                break;
            case TokenType.Unused:
                draft.AddUnused(id);
                break;
            default:
                throw Place.Error($"token {id}, '{Tokens[id]}', has type {(int)type}, which is not supported with model '{Model}'");
        }
    }

    private void RequireCount(int? count, string name, bool needed)
    {
        if (count is null && needed)
        {
            throw Place.Error($"tokenizer.ggml.{name} is missing");
        }

        if (count is { } found && found != Tokens.Count)
        {
            throw Place.Error($"tokenizer.ggml.{name} has {found} entries, and there are {Tokens.Count} tokens");
        }
    }

    private void RequireToken(int id, string name)
    {
        if ((uint)id >= (uint)Tokens.Count)
        {
            throw Place.Error($"tokenizer.ggml.{name} is {id}, and there are {Tokens.Count} tokens");
        }
    }
}
