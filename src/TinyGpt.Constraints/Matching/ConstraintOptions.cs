namespace TinyGpt.Constraints;

/// <summary>How large the caches of a compiled constraint are. Immutable and thread-safe.</summary>
public sealed record ConstraintOptions
{
    internal static readonly ConstraintOptions Default = new();

    /// <summary>
    /// States of the grammar that are kept before all are forgotten and found out again as they are needed; 1,024 or more, 65,536 by
    /// default. One takes up to 256 bytes, and what they take together is bounded by that too.
    /// </summary>
    public int MaxStates { get; init; } = 1 << 16;

    /// <summary>
    /// Sets of tokens that are kept; 4 or more, 128 by default. One takes an eighth of a byte for each token of the vocabulary.
    /// </summary>
    public int MaxTokenSets { get; init; } = 128;

    /// <summary>Checks every value's range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxStates, 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxStates, 1 << 19);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokenSets, 4);
    }
}
