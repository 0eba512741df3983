namespace TinyGpt.Training;

/// <summary>
/// Sequences that go through the network together. Sequences shorter than <see cref="Length"/> end in tokens 0 with targets -1.
/// Immutable as long as its arrays are not written to.
/// </summary>
public sealed class TrainingBatch
{
    /// <summary>The target of a position that has no loss.</summary>
    public const int NoTarget = -1;

    /// <summary>Makes a batch over the caller's arrays.</summary>
    /// <param name="sequences">How many sequences; 1 or more.</param>
    /// <param name="length">Positions of each; 1 or more.</param>
    /// <param name="tokens">[sequence][position], <paramref name="sequences"/> × <paramref name="length"/>.</param>
    /// <param name="targets">The token that should follow, or <see cref="NoTarget"/>; as long as <paramref name="tokens"/>.</param>
    /// <exception cref="ArgumentException">An array has the wrong length.</exception>
    public TrainingBatch(int sequences, int length, int[] tokens, int[] targets)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(targets);
        long positions = (long)sequences * length;
        if (tokens.Length != positions || targets.Length != positions)
        {
            throw new ArgumentException(
                $"{sequences} sequences of {length} have {positions} positions, but there are {tokens.Length} tokens and {targets.Length} targets.");
        }

        Sequences = sequences;
        Length = length;
        Tokens = tokens;
        Targets = targets;
    }

    /// <summary>How many sequences.</summary>
    public int Sequences { get; }

    /// <summary>Positions of a sequence.</summary>
    public int Length { get; }

    /// <summary>Token ids, [sequence][position].</summary>
    public int[] Tokens { get; }

    /// <summary>The token that should follow each position, or <see cref="NoTarget"/>; [sequence][position].</summary>
    public int[] Targets { get; }

    /// <summary>What the classifier head learns from the sequences, or null; one label and one position a sequence.</summary>
    public ClassTargets? Classes { get; init; }

    /// <summary>Positions that have a target.</summary>
    public long CountTargets() => Targets.LongCount(target => target >= 0);
}
