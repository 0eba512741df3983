namespace TinyGpt.Text;

/// <summary>What kind of symbols merge.</summary>
internal enum TokenizerKind : byte
{
    /// <summary>Bytes: GPT-2 and all that followed it.</summary>
    ByteLevel,

    /// <summary>Characters, spaces among them; what has no token becomes bytes. SentencePiece's byte-pair encoding: Llama 2.</summary>
    SentencePiece,

    /// <summary>The characters of one word, the last with a mark: GPT-1.</summary>
    Words,
}

/// <summary>How text is cut into pieces, within which tokens merge.</summary>
internal enum PreSplitting : byte
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>GPT-2's pattern.</summary>
    Gpt2,

    /// <summary>Every number character alone, the text between them by GPT-2's pattern: SmolLM, StarCoder.</summary>
    DigitsThenGpt2,

    /// <summary>GPT-4's pattern, in which numbers have up to three digits: Llama 3.</summary>
    Gpt4,

    /// <summary>The same with single digits: Qwen2.</summary>
    Qwen2,

    /// <summary>Before every space.</summary>
    Spaces,

    /// <summary>BERT's: at white space, which is dropped, and around every punctuation mark.</summary>
    Bert,
}

/// <summary>What is changed in a text before anything else; in this order.</summary>
[Flags]
internal enum TextNormalization : byte
{
    None = 0,

    /// <summary>Unicode's normalization form C.</summary>
    Compose = 1,

    /// <summary>Control characters are dropped, every white space becomes a plain space.</summary>
    Clean = 2,

    /// <summary>Chinese characters are put between spaces.</summary>
    SeparateIdeographs = 4,

    /// <summary>Characters are decomposed and their marks dropped.</summary>
    StripAccents = 8,

    /// <summary>Lower case, character by character.</summary>
    Lowercase = 16,
}

/// <summary>Whether a text begins with a space that is not its own.</summary>
internal enum PrefixSpace : byte
{
    None,
    Always,

    /// <summary>Unless it begins with one anyway.</summary>
    UnlessThere,
}

/// <summary>What becomes of text before its tokens merge. The defaults are GPT-2's.</summary>
internal sealed record TokenizerRules
{
    internal static readonly TokenizerRules Gpt2 = new();

    internal TokenizerKind Kind { get; init; }

    internal PreSplitting Splitting { get; init; } = PreSplitting.Gpt2;

    internal TextNormalization Normalization { get; init; }

    internal PrefixSpace PrefixSpace { get; init; }

    /// <summary>Whether text after an added token gets the prefix space too, and loses it when it is decoded.</summary>
    internal bool PrefixAfterAddedTokens { get; init; }

    /// <summary>Whether a piece that is a token as a whole becomes that, whatever the merges say.</summary>
    internal bool WholePiecesFirst { get; init; }

    /// <summary>The token at the start of every text (BOS).</summary>
    internal int? BeginOfText { get; init; }

    /// <summary>The token for what has none.</summary>
    internal int? Unknown { get; init; }
}
