namespace TinyGpt.Import;

/// <summary>How a model is packed. Immutable and thread-safe.</summary>
public sealed record PackOptions
{
    /// <summary>Whether chunks that LZ4 makes at least 10 % smaller are compressed. In memory nothing is.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>The tokenizer that goes into the file, or null for the source's own.</summary>
    public TokenizerContent? Tokenizer { get; init; }
}
