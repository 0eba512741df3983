using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Benchmarks;

/// <summary>Attention of one head of 64 channels.</summary>
public unsafe class AttentionBenchmarks : KernelBenchmarks
{
    private const int Channels = 64;
    private const int PageFloats = 2 * AttentionHead.PositionsPerPage * Channels;
    private const int QuantizedHeadBytes = AttentionHead.PositionsPerPage * (Channels + sizeof(float));

    private AttentionHead _floats;
    private AttentionHead _quantized;

    /// <summary>Keys to attend to: one page, and a long context.</summary>
    [Params(64, 1024)]
    public int Keys { get; set; }

    /// <summary>Queries at a time: one as in decoding, four as in a prompt. The further ones attend to up to three keys more.</summary>
    [Params(1, AttentionHead.MaxQueries)]
    public int Queries { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(2 << 20);

        // One page more than the first query needs: the last query's keys reach into it.
        int pageCount = (Keys / AttentionHead.PositionsPerPage) + 1;
        byte** pages = (byte**)arena.Take(pageCount * sizeof(byte*));
        byte** quantizedPages = (byte**)arena.Take(pageCount * sizeof(byte*));
        for (int page = 0; page < pageCount; page++)
        {
            float* floats = TakeFloats(arena, PageFloats, 1f);
            pages[page] = (byte*)floats;
            quantizedPages[page] = arena.Take(2 * QuantizedHeadBytes);
            for (int row = 0; row < 2 * AttentionHead.PositionsPerPage; row++)
            {
                byte* head = quantizedPages[page] + (row / AttentionHead.PositionsPerPage * QuantizedHeadBytes);
                int position = row % AttentionHead.PositionsPerPage;
                float* scales = (float*)(head + (AttentionHead.PositionsPerPage * Channels));
                ScalarKernels.QuantizeHead(floats + (row * Channels), Channels, (sbyte*)head + (position * Channels), scales + position);
            }
        }

        int scoresStride = Keys + PanelLayout.VirtualLanes;
        _floats = new AttentionHead
        {
            Queries = Queries,
            Query = TakeFloats(arena, Queries * Channels, 4f),
            QueryStride = Channels,
            Pages = pages,
            KeyOffset = 0,
            ValueOffset = PageFloats / 2 * sizeof(float),
            KeyCount = Keys,
            PaddedHeadSize = Channels,
            ScoreScale = 0.125f,
            AttentionScores = arena.TakeFloats(Queries * scoresStride),
            AttentionScoresStride = scoresStride,
            QuantizedQueries = (short*)arena.Take(Queries * Channels * sizeof(short)),
            Output = arena.TakeFloats(Queries * Channels),
            OutputStride = Channels,
        };
        _quantized = _floats with { Pages = quantizedPages, ValueOffset = QuantizedHeadBytes };
    }

    /// <summary>Scores, softmax and the weighted sum of values; one multiply-add a channel for the score and one for the sum, for each query.</summary>
    [Benchmark]
    [Work("GMAC", 2 * Channels / 1e9, Per = nameof(Keys), Times = nameof(Queries))]
    public void Attend() => Kernels.Attend(_floats);

    /// <summary>The same over int8 keys and values.</summary>
    [Benchmark]
    [Work("GMAC", 2 * Channels / 1e9, Per = nameof(Keys), Times = nameof(Queries))]
    public void AttendQuantized() => Kernels.AttendQuantized(_quantized);
}
