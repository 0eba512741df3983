namespace TinyGpt;

/// <summary>
/// A text is longer than the rest of the context, and the session's policy drops nothing. Or it is longer than what the context
/// has beside the pinned prefix, so that it would lose its own beginning.
/// </summary>
/// <param name="tokens">The tokens that the sequence would have.</param>
/// <param name="contextLength">The tokens that it can have: <see cref="GptEngine.ContextLength"/>.</param>
public sealed class ContextOverflowException(long tokens, int contextLength)
    : InvalidOperationException($"The sequence would have {tokens} tokens, and the context has {contextLength}.")
{
    /// <summary>The tokens that the sequence would have.</summary>
    public long Tokens { get; } = tokens;

    /// <summary>The tokens that it can have.</summary>
    public int ContextLength { get; } = contextLength;
}
