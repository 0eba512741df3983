using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels;

namespace TinyGpt.Benchmarks;

/// <summary>
/// A matrix product of one row with weights that come from memory, as in decoding: each call takes the next part of a buffer far larger
/// than the last-level cache, so no weight is still cached when its turn comes again.
/// </summary>
public unsafe class MemoryMatrixBenchmarks<TKernels> : KernelBenchmarks
    where TKernels : struct, IKernels
{
    private const int Panels = 4 * Width / PanelLayout.RowsPerPanel;
    private const long Bytes = (long)Panels * Groups * PanelLayout.GroupBytes;

    // Several times the largest cache that one core can use alone in today's processors.
    private const int Parts = (int)((512L << 20) / Bytes);

    private PackedMatrix _weights;
    private QuantizedRows _row;
    private float* _output;
    private int _next;

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate((Parts * Bytes) + (1 << 20));
        _row = TakeRows(arena, 1, Groups);
        _output = arena.TakeFloats(Panels * PanelLayout.RowsPerPanel);

        // Random weights for one part, copied to the others: what they are does not matter, where they lie does.
        PackedMatrix first = TakeMatrix(arena, Panels * PanelLayout.RowsPerPanel, Width);
        for (int part = 1; part < Parts; part++)
        {
            Buffer.MemoryCopy(first.Data, arena.Take(Bytes), Bytes, Bytes);
        }

        _weights = new PackedMatrix(first.Data, Parts * Panels * PanelLayout.RowsPerPanel, Width);
    }

    /// <summary>768 inputs, 3,072 outputs.</summary>
    [Benchmark]
    [Work("GB", Bytes / 1e9)]
    public void MultiplyPanelsFromMemory()
    {
        int part = _next;
        _next = part + 1 == Parts ? 0 : part + 1;

        // The kernel writes output n of the whole matrix; moving its base back keeps all parts' outputs in the same cached place.
        nint first = (nint)part * Panels * PanelLayout.RowsPerPanel;
        TKernels.MultiplyPanels(_weights, _row, null, _output - first, _weights.Rows, part * Panels, Panels);
    }
}

/// <summary>Matrix products with weights that stay in the second-level cache: what the arithmetic takes by itself.</summary>
public unsafe class CachedMatrixBenchmarks<TKernels> : KernelBenchmarks
    where TKernels : struct, IKernels
{
    private PackedMatrix _weights;
    private QuantizedRows _rows;
    private float* _bias;
    private float* _output;

    /// <summary>Rows of tokens: one as in decoding, a full tile, a chunk of a prompt.</summary>
    [Params(1, 6, 64)]
    public int Rows { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(4 << 20);
        _weights = TakeMatrix(arena, Width, Width);
        _rows = TakeRows(arena, Rows, Groups);
        _bias = TakeFloats(arena, Width, 0.1f);
        _output = arena.TakeFloats((long)Rows * Width);
    }

    /// <summary>768 inputs, 768 outputs.</summary>
    [Benchmark]
    [Work("GMAC", (double)Width * Width / 1e9, Per = nameof(Rows))]
    public void MultiplyPanels() => TKernels.MultiplyPanels(_weights, _rows, _bias, _output, Width, 0, _weights.Panels);
}
