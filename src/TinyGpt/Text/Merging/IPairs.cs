namespace TinyGpt.Text.Merging;

/// <summary>Knows which neighbouring tokens merge.</summary>
internal interface IPairs
{
    /// <summary>Looks a pair up.</summary>
    /// <param name="left">The left token's id; below 0 for a symbol that is no token.</param>
    /// <param name="right">The right token's id; likewise.</param>
    /// <param name="start">Where the left token begins in the piece, in bytes.</param>
    /// <param name="end">Where the right token ends.</param>
    /// <param name="result">The token that they become.</param>
    /// <returns>How early they merge, lowest first, or <see cref="MergeIndex.NoMerge"/>.</returns>
    int Find(int left, int right, int start, int end, out int result);
}

/// <summary>Pairs that are listed, in the order of their ranks.</summary>
internal readonly struct RankedPairs(MergeIndex merges) : IPairs
{
    public int Find(int left, int right, int start, int end, out int result)
    {
        int rank = merges.Find(left, right);
        result = rank == MergeIndex.NoMerge ? default : merges.Result(rank);
        return rank;
    }
}

/// <summary>Any two symbols whose text together is a token; the token with the highest merge score first.</summary>
/// <param name="text">The text that positions count in.</param>
/// <param name="pieces">The tokens that text can become.</param>
/// <param name="order">For each token's id its place by merge score; tokens with equal merge scores have the same place.</param>
/// <param name="longest">The bytes of the longest token.</param>
internal readonly ref struct ScoredPairs(ReadOnlySpan<byte> text, TokenIndex pieces, ReadOnlySpan<int> order, int longest) : IPairs
{
    private readonly ReadOnlySpan<byte> _text = text;
    private readonly ReadOnlySpan<int> _order = order;

    public int Find(int left, int right, int start, int end, out int result)
    {
        result = default;
        return end - start <= longest && pieces.TryFind(_text[start..end], out result) ? _order[result] : MergeIndex.NoMerge;
    }
}
