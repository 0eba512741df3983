using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Queries of the last positions with their paged int8 keys and values; the pages are in mixed order, with gaps between heads.</summary>
internal sealed unsafe class QuantizedAttentionOperands : IDisposable
{
    private readonly NativeBuffer<byte> _pages;
    private readonly NativeBuffer<nint> _pageTable;
    private readonly NativeBuffer<float> _query;
    private readonly NativeBuffer<float> _scores;
    private readonly NativeBuffer<short> _quantizedQueries;

    public QuantizedAttentionOperands(Random random, int headStride, int keys, int queries)
    {
        int areaBytes = AttentionHead.PositionsPerPage * (headStride + sizeof(float));
        int pageBytes = 3 * areaBytes;
        int pages = (keys + AttentionHead.PositionsPerPage - 1) / AttentionHead.PositionsPerPage;
        int queryStride = headStride + 16;
        int scoresStride = (keys + 15) / 16 * 16;
        _pages = new(pages * pageBytes);
        _pageTable = new(pages);
        _query = new(queries * queryStride);
        _scores = new(queries * scoresStride);
        _quantizedQueries = new(queries * headStride);
        Output = new(queries * queryStride);
        FloatRows.Fill(random, _query.Span, keys % 5 == 0 ? 5 : 0);
        _pages.Span.Fill(0xFF); // scales that are NaN where nothing is stored
        for (int page = 0; page < pages; page++)
        {
            _pageTable.Span[page] = (nint)(_pages.Pointer + ((pages - 1 - page) * pageBytes));
        }

        Head = new()
        {
            Queries = queries,
            Query = _query.Pointer,
            QueryStride = queryStride,
            Pages = (byte**)_pageTable.Pointer,
            KeyOffset = 0,
            ValueOffset = 2 * areaBytes,
            KeyCount = keys - queries + 1,
            PaddedHeadSize = headStride,
            ScoreScale = 1f / MathF.Sqrt(headStride),
            AttentionScores = _scores.Pointer,
            AttentionScoresStride = scoresStride,
            QuantizedQueries = _quantizedQueries.Pointer,
            Output = Output.Pointer,
            OutputStride = queryStride,
        };
        using NativeBuffer<float> row = new(headStride);
        for (int position = 0; position < keys; position++)
        {
            FloatRows.Fill(random, row.Span, position % 7 == 6 ? position : 0);
            Clamp(row.Span);
            ScalarKernels.QuantizeHead(row.Pointer, headStride, Channels(Head.KeyOffset, position), Scale(Head.KeyOffset, position));
            FloatRows.Fill(random, row.Span, position % 5 == 4 ? position : 0);
            Clamp(row.Span);
            ScalarKernels.QuantizeHead(row.Pointer, headStride, Channels(Head.ValueOffset, position), Scale(Head.ValueOffset, position));
        }
    }

    public AttentionHead Head { get; }

    public NativeBuffer<float> Output { get; }

    public double Key(int position, int channel) =>
        Channels(Head.KeyOffset, position)[channel] * (double)*Scale(Head.KeyOffset, position);

    public double Value(int position, int channel) =>
        Channels(Head.ValueOffset, position)[channel] * (double)*Scale(Head.ValueOffset, position);

    public void Dispose()
    {
        _pages.Dispose();
        _pageTable.Dispose();
        _query.Dispose();
        _scores.Dispose();
        _quantizedQueries.Dispose();
        Output.Dispose();
    }

    /// <summary>Keeps scores where their differences matter.</summary>
    private static void Clamp(Span<float> row)
    {
        foreach (ref float value in row)
        {
            value = Math.Clamp(value, -10f, 10f);
        }
    }

    private sbyte* Channels(nint offset, int position) =>
        (sbyte*)(Head.Pages[position / 64] + offset) + (position % 64 * Head.PaddedHeadSize);

    private float* Scale(nint offset, int position) =>
        (float*)(Head.Pages[position / 64] + offset + (64 * Head.PaddedHeadSize)) + (position % 64);
}
