namespace TinyGpt.Tavern;

/// <summary>
/// Forbids an answer to start with the same token as an earlier answer, so that no line is said twice. Asked the same question again, a
/// person finds other words. After its first token the answer is free. Immutable and thread-safe.
/// </summary>
public sealed class FreshAnswer : TokenConstraint
{
    private const int Beginning = 0;
    private const int Free = 1;

    private readonly HashSet<int> _openings = [];

    /// <summary>Makes a constraint for one answer.</summary>
    /// <param name="vocabularySize">Tokens of the model, 1 or more.</param>
    /// <param name="earlier">The tokens of each earlier answer; ids from 0 to below <paramref name="vocabularySize"/>.</param>
    public FreshAnswer(int vocabularySize, IEnumerable<ReadOnlyMemory<int>> earlier)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        ArgumentNullException.ThrowIfNull(earlier);
        TokenCount = vocabularySize;
        foreach (ReadOnlyMemory<int> answer in earlier)
        {
            if (!answer.IsEmpty)
            {
                _openings.Add(answer.Span[0]);
            }
        }
    }

    /// <inheritdoc/>
    public override int TokenCount { get; }

    /// <inheritdoc/>
    public override int Start => Beginning;

    /// <inheritdoc/>
    public override void Allow(int state, Span<ulong> allowed)
    {
        allowed.Fill(ulong.MaxValue);
        if (state != Beginning)
        {
            return;
        }

        foreach (int token in _openings)
        {
            allowed[token / 64] &= ~(1UL << (token % 64));
        }
    }

    /// <inheritdoc/>
    public override int Advance(int state, int token) => Free;

    /// <inheritdoc/>
    public override bool IsComplete(int state) => false;

    /// <inheritdoc/>
    public override bool IsState(int state) => state is Beginning or Free;
}
