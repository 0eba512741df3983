namespace TinyGpt.Tavern;

/// <summary>
/// Forbids an answer to begin with the same few tokens as an earlier one, so that nobody says the same line twice: asked the same again, a
/// person finds other words. Behind its first tokens the answer is free, and so are the facts in it. Immutable and thread-safe.
/// </summary>
public sealed class FreshAnswer : TokenConstraint
{
    /// <summary>How many tokens are compared: with one, few openings would be left in a long talk.</summary>
    public const int OpeningLength = 3;

    private const int Free = 0; // behind the opening, or off the beaten paths
    private const int Root = 1;
    private const int Forbidden = -1;

    // The tree of the earlier openings: from a node and a token to the next node, or to none where that token would complete an opening.
    private readonly Dictionary<(int Node, int Token), int> _next = [];

    /// <summary>Makes a constraint for one answer.</summary>
    /// <param name="vocabularySize">Tokens of the model, 1 or more.</param>
    /// <param name="earlier">The tokens of each earlier answer.</param>
    public FreshAnswer(int vocabularySize, IEnumerable<ReadOnlyMemory<int>> earlier)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        ArgumentNullException.ThrowIfNull(earlier);
        TokenCount = vocabularySize;
        int nodes = Root + 1;
        foreach (ReadOnlyMemory<int> answer in earlier)
        {
            ReadOnlySpan<int> opening = answer.Span[..Math.Min(OpeningLength, answer.Length)];
            int node = Root;
            for (int i = 0; i < opening.Length; i++)
            {
                bool completes = i == opening.Length - 1;
                if (completes || !_next.TryGetValue((node, opening[i]), out int next))
                {
                    next = completes ? Forbidden : nodes++;
                    _next[(node, opening[i])] = next;
                }

                if (next == Forbidden)
                {
                    break; // here at the latest an answer differs, also from this one
                }

                node = next;
            }
        }
    }

    /// <inheritdoc/>
    public override int TokenCount { get; }

    /// <inheritdoc/>
    public override int Start => Root;

    /// <inheritdoc/>
    public override void Allow(int state, Span<ulong> allowed)
    {
        allowed.Fill(ulong.MaxValue);
        foreach (((int node, int token), int next) in _next)
        {
            if (node == state && next == Forbidden)
            {
                allowed[token / 64] &= ~(1UL << (token % 64));
            }
        }
    }

    /// <inheritdoc/>
    public override int Advance(int state, int token) => _next.GetValueOrDefault((state, token), Free);

    /// <inheritdoc/>
    public override bool IsComplete(int state) => false;

    /// <inheritdoc/>
    public override bool IsState(int state) => state >= Free && state <= Root + _next.Count;
}
