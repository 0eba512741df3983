using TinyGpt.Text;

namespace TinyGpt;

/// <summary>What happens when a sequence has no position left.</summary>
public enum ContextPolicy
{
    /// <summary>Generation ends with <see cref="FinishReason.ContextFull"/>.</summary>
    Stop,

    /// <summary>
    /// The pinned prefix and the newest half of what follows it are kept, the rest is dropped, and the kept part is read again at its
    /// new positions. A text that is appended is never cut: if it does not fit beside the pinned prefix, it is refused.
    /// </summary>
    SlidingWindow,
}

/// <summary>How a session answers, beside the choice of tokens. Immutable and thread-safe.</summary>
public sealed record SessionOptions
{
    /// <summary>The most tokens that one answer has; 1 or more, 256 by default.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Texts that end an answer, wherever token borders fall; none by default.</summary>
    /// <exception cref="ArgumentException">A text is empty or has a surrogate without its partner.</exception>
    public IReadOnlyList<string> StopStrings
    {
        get => StopPatterns.Texts;
        init => StopPatterns = value is null ? throw new ArgumentNullException(nameof(StopStrings)) : new StopPatterns(value);
    }

    /// <summary>
    /// Tokens that end an answer as the end of text does, without becoming part of it; none by default. What ends a turn of a talk:
    /// <see cref="ChatTemplate.StopTokens"/>.
    /// </summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>
    /// Whether the tokens that end a text (<see cref="ModelConfig.EndsText"/>) end an answer, without becoming part of it; true by default.
    /// </summary>
    public bool StopAtEndOfText { get; init; } = true;

    /// <summary>What happens when the context is full; <see cref="ContextPolicy.Stop"/> by default.</summary>
    public ContextPolicy ContextPolicy { get; init; }

    /// <summary>
    /// Bytes of unread text that the session can hold, 4,096 by default. A session waits while they are full.
    /// </summary>
    public int OutputCapacity { get; init; } = 4096;

    /// <summary>
    /// The maximum number of draft tokens at once (prompt lookup): what followed the same tokens earlier in the sequence; 0 … 16 and at most
    /// <see cref="GptEngineOptions.MaxLookupTokens"/>, 0 (none) by default. A forward pass computes draft tokens beside the next token, as
    /// far as it has room. Accepted draft tokens need no separate forward pass. The answer has the same bits with and without them. It
    /// is faster if texts repeat themselves and the weights come from memory. A model that fits the cache gains little or nothing.
    /// 4 is a good number.
    /// </summary>
    public int LookupTokens { get; init; }

    /// <summary>
    /// What an answer must look like; null (the default) for anything. <see cref="MaxNewTokens"/>, <see cref="StopStrings"/> and a full
    /// context still end it, so set the first to the length of the longest valid answer in bytes. The constraint decides whether the model's
    /// end-of-text token is allowed. That token ends an answer only with <see cref="StopAtEndOfText"/>.
    /// </summary>
    public TokenConstraint? Constraint { get; init; }

    /// <summary>The stop strings, prepared.</summary>
    internal StopPatterns StopPatterns { get; private init; } = StopPatterns.None;

    /// <summary>The largest <see cref="LookupTokens"/>.</summary>
    public const int MostLookupTokens = 16;

    /// <summary>Checks every value's range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="ArgumentException">The constraint is for a larger vocabulary.</exception>
    internal void Validate(int vocabularySize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxNewTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OutputCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(LookupTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(LookupTokens, MostLookupTokens);
        if (Constraint is { } constraint && constraint.TokenCount > vocabularySize)
        {
            throw new ArgumentException(
                $"The constraint is for {constraint.TokenCount} tokens, and the model has {vocabularySize}: compile it for this model.");
        }

        if (Constraint is { HasLastingStates: false } && ContextPolicy == ContextPolicy.SlidingWindow)
        {
            throw new ArgumentException("The constraint needs an answer's tokens from its beginning: use ContextPolicy.Stop.");
        }
    }
}
