using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels;

namespace TinyGpt.Benchmarks;

/// <summary>Attention of one query of one head of 64 channels.</summary>
public unsafe class AttentionBenchmarks<TKernels> : KernelBenchmarks
    where TKernels : struct, IKernels
{
    private const int Channels = 64;
    private const int PageFloats = 2 * AttentionHead.PositionsPerPage * Channels;

    private AttentionHead _head;

    /// <summary>Keys to attend to: one page, and a long context.</summary>
    [Params(64, 1024)]
    public int Keys { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(2 << 20);
        int pageCount = Keys / AttentionHead.PositionsPerPage;
        byte** pages = (byte**)arena.Take(pageCount * sizeof(byte*));
        for (int page = 0; page < pageCount; page++)
        {
            pages[page] = (byte*)TakeFloats(arena, PageFloats, 1f);
        }

        _head = new AttentionHead
        {
            Query = TakeFloats(arena, Channels, 4f),
            Pages = pages,
            KeyOffset = 0,
            ValueOffset = PageFloats / 2 * sizeof(float),
            KeyCount = Keys,
            HeadStride = Channels,
            ScoreScale = 0.125f,
            Scores = arena.TakeFloats(Keys),
            Output = arena.TakeFloats(Channels),
        };
    }

    /// <summary>Scores, softmax and the weighted sum of values; one multiply-add a channel for the score and one for the sum.</summary>
    [Benchmark]
    [Work("GMAC", 2 * Channels / 1e9, Per = nameof(Keys))]
    public void Attend() => TKernels.Attend(_head);
}
