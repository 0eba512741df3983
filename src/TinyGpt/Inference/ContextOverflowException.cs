namespace TinyGpt;

/// <summary>A text is longer than what is left of the context, and the session's policy is not to drop any.</summary>
/// <param name="tokens">The tokens that the sequence would have.</param>
/// <param name="contextLength">The tokens that it can have.</param>
public sealed class ContextOverflowException(long tokens, int contextLength)
    : InvalidOperationException($"The sequence would have {tokens} tokens, and the model's context has {contextLength}.")
{
    /// <summary>The tokens that the sequence would have.</summary>
    public long Tokens { get; } = tokens;

    /// <summary>The tokens that it can have.</summary>
    public int ContextLength { get; } = contextLength;
}
