using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// Queries and paged keys and values that grow by a position at a time. Each page is in a separate mapping, holds one head and is
/// sealed; positions not yet appended, or their scales, are NaN, so that reading them spoils the result.
/// </summary>
internal sealed unsafe class GuardedHead : IDisposable
{
    private readonly List<GuardedBuffer<byte>> _pages = [];
    private readonly GuardedBuffer<float> _query;
    private readonly int _headStride;
    private readonly bool _keysFirst;
    private readonly bool _isQuantized;
    private readonly GuardedEdge _edge;
    private GuardedBuffer<nint> _pageTable;
    private int _keys;

    /// <param name="random">What fills the query.</param>
    /// <param name="headStride">Floats of a position.</param>
    /// <param name="keysFirst">Whether the values or the keys are at the page's end.</param>
    /// <param name="isQuantized">Whether keys and values are int8 with scales.</param>
    /// <param name="edge">The guarded end of every buffer.</param>
    public GuardedHead(Random random, int headStride, bool keysFirst, bool isQuantized, GuardedEdge edge)
    {
        _headStride = headStride;
        _keysFirst = keysFirst;
        _isQuantized = isQuantized;
        _edge = edge;
        _query = new(AttentionHead.MaxQueries * headStride, edge);
        FloatRows.Fill(random, _query.Span, 0);
        _query.Seal();
        _pageTable = new(0, edge);
    }

    private int ScoresStride => (_keys + 15) / 16 * 16;

    private int AreaBytes =>
        AttentionHead.PositionsPerPage * (_isQuantized ? _headStride + sizeof(float) : _headStride * sizeof(float));

    public void Append(Random random)
    {
        int position = _keys % AttentionHead.PositionsPerPage;
        if (position == 0)
        {
            AppendPage();
        }

        GuardedBuffer<byte> page = _pages[^1];
        page.Unseal();
        Append(random, page.Pointer, position);
        Append(random, page.Pointer + AreaBytes, position);
        page.Seal();
        _keys++;
    }

    /// <summary>Scratch of exactly the length that the contract asks for.</summary>
    public GuardedBuffer<float> NewScores(int queries) => new(queries * ScoresStride, _edge);

    public GuardedBuffer<short> NewQuantizedQueries(int queries) => new(queries * _headStride, _edge);

    public GuardedBuffer<float> NewOutput(int queries) => new(queries * _headStride, _edge);

    /// <summary>So many queries, those at the guarded end of their buffer; the last one sees all keys.</summary>
    public AttentionHead Over(
        int queries, GuardedBuffer<float> scores, GuardedBuffer<short> quantizedQueries, GuardedBuffer<float> output) => new()
        {
            Queries = queries,
            Query = _query.Pointer + (_edge == GuardedEdge.End ? (AttentionHead.MaxQueries - queries) * _headStride : 0),
            QueryStride = _headStride,
            Pages = (byte**)_pageTable.Pointer,
            KeyOffset = _keysFirst ? 0 : AreaBytes,
            ValueOffset = _keysFirst ? AreaBytes : 0,
            KeyCount = _keys - queries + 1,
            PaddedHeadSize = _headStride,
            ScoreScale = 1f / MathF.Sqrt(_headStride),
            AttentionScores = scores.Pointer,
            QuantizedQueries = quantizedQueries.Pointer,
            AttentionScoresStride = ScoresStride,
            Output = output.Pointer,
            OutputStride = _headStride,
        };

    public void Dispose()
    {
        foreach (GuardedBuffer<byte> page in _pages)
        {
            page.Dispose();
        }

        _query.Dispose();
        _pageTable.Dispose();
    }

    private void Append(Random random, byte* area, int position)
    {
        if (_isQuantized)
        {
            Span<float> row = stackalloc float[_headStride];
            FloatRows.Fill(random, row, 0);
            float* scales = (float*)(area + (AttentionHead.PositionsPerPage * _headStride));
            fixed (float* source = row)
            {
                ScalarKernels.QuantizeHead(source, _headStride, (sbyte*)area + (position * _headStride), scales + position);
            }
        }
        else
        {
            FloatRows.Fill(random, new Span<float>((float*)area + (position * _headStride), _headStride), 0);
        }
    }

    private void AppendPage()
    {
        _pages.Add(new(2 * AreaBytes, _edge));
        _pageTable.Dispose();
        _pageTable = new(_pages.Count, _edge);
        for (int i = 0; i < _pages.Count; i++)
        {
            _pageTable.Span[i] = (nint)_pages[i].Pointer;
        }

        _pageTable.Seal();
    }
}
