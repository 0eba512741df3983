using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// Queries of the last positions with their paged keys and values; the pages are in mixed order and hold another head's floats between.
/// </summary>
internal sealed unsafe class AttentionOperands : IDisposable
{
    private readonly NativeBuffer<float> _pages;
    private readonly NativeBuffer<nint> _pageTable;
    private readonly NativeBuffer<float> _query;
    private readonly NativeBuffer<float> _scores;

    /// <param name="random">What fills them.</param>
    /// <param name="headStride">Floats of a position.</param>
    /// <param name="keys">Keys of the last query.</param>
    /// <param name="magnitude">The largest magnitude in a query.</param>
    /// <param name="queries">The number of queries, at most the number of keys.</param>
    public AttentionOperands(Random random, int headStride, int keys, float magnitude, int queries = 1)
    {
        int queryStride = headStride + 16;
        int scoresStride = (keys + 15) / 16 * 16;
        int rowFloats = AttentionHead.PositionsPerPage * headStride;
        int pageFloats = 3 * rowFloats;
        int pages = (keys + AttentionHead.PositionsPerPage - 1) / AttentionHead.PositionsPerPage;
        _pages = new(pages * pageFloats);
        _pageTable = new(pages);
        _query = new(queries * queryStride);
        _scores = new(queries * scoresStride);
        Output = new(queries * queryStride);
        FloatRows.Fill(random, _pages.Span, 0);
        for (int i = 0; i < _query.Length; i++)
        {
            _query.Span[i] = magnitude * (float)((random.NextDouble() * 2) - 1);
        }

        for (int page = 0; page < pages; page++)
        {
            _pageTable.Span[page] = (nint)(_pages.Pointer + ((pages - 1 - page) * pageFloats));
        }

        Head = new()
        {
            Queries = queries,
            Query = _query.Pointer,
            QueryStride = queryStride,
            Pages = (byte**)_pageTable.Pointer,
            KeyOffset = 0,
            ValueOffset = 2 * rowFloats * sizeof(float),
            KeyCount = keys - queries + 1,
            PaddedHeadSize = headStride,
            ScoreScale = 1f / MathF.Sqrt(headStride),
            AttentionScores = _scores.Pointer,
            AttentionScoresStride = scoresStride,
            Output = Output.Pointer,
            OutputStride = queryStride,
        };
    }

    public AttentionHead Head { get; }

    public NativeBuffer<float> Output { get; }

    public float Key(int position, int channel) => At(Head.KeyOffset, position, channel);

    public float Value(int position, int channel) => At(Head.ValueOffset, position, channel);

    public void Dispose()
    {
        _pages.Dispose();
        _pageTable.Dispose();
        _query.Dispose();
        _scores.Dispose();
        Output.Dispose();
    }

    private float At(nint offset, int position, int channel) =>
        ((float*)(Head.Pages[position / 64] + offset))[(position % 64 * Head.PaddedHeadSize) + channel];
}
