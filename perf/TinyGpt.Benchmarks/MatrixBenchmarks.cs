using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Benchmarks;

/// <summary>
/// A matrix product of one row with weights that come from memory, as in decoding: each call takes the next part of a buffer far larger
/// than the last-level cache, so no weight is still cached when its turn comes again.
/// </summary>
public unsafe class MemoryMatrixBenchmarks : KernelBenchmarks
{
    private const int Panels = 4 * Width / PanelLayout.OutputsPerPanel;

    // Several times the largest cache that one core can use alone in today's processors.
    private const long BufferBytes = 512L << 20;

    private PackedMatrix _weights;
    private QuantizedActivations _row;
    private float* _output;
    private int _parts;
    private int _next;

    /// <summary>Bytes of a group of 64 inputs: of int8 weights, of 4-bit weights.</summary>
    [Params(PanelLayout.GroupBytes, PanelLayout.Int4GroupBytes)]
    public int GroupBytes { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        WeightPrecision precision = GroupBytes == PanelLayout.Int4GroupBytes ? WeightPrecision.Int4 : WeightPrecision.Int8;
        long bytes = PanelLayout.PackedBytes(Panels * PanelLayout.OutputsPerPanel, Width, precision);
        _parts = (int)(BufferBytes / bytes);
        NativeArena arena = Allocate(BufferBytes + (1 << 20));
        _row = TakeRows(arena, 1, Groups);
        _output = arena.TakeFloats(Panels * PanelLayout.OutputsPerPanel);

        // Random weights for one part, copied to the others. Their values do not matter; their place does.
        PackedMatrix first = TakeMatrix(arena, Panels * PanelLayout.OutputsPerPanel, Width, precision);
        for (int part = 1; part < _parts; part++)
        {
            Buffer.MemoryCopy(first.Data, arena.Take(bytes), bytes, bytes);
        }

        _weights = new PackedMatrix(first.Data, _parts * Panels * PanelLayout.OutputsPerPanel, Width, precision);
    }

    /// <summary>768 inputs, 3,072 outputs.</summary>
    [Benchmark]
    [Work("GB", Panels * Groups / 1e9, Per = nameof(GroupBytes))]
    public void MultiplyPanelsFromMemory()
    {
        int part = _next;
        _next = part + 1 == _parts ? 0 : part + 1;

        // The kernel writes output n of the whole matrix; moving its base back keeps all parts' outputs in the same cached place.
        nint first = (nint)part * Panels * PanelLayout.OutputsPerPanel;
        Kernels.MultiplyPanels(_weights, _row, null, _output - first, _weights.Outputs, part * Panels, Panels);
    }
}

/// <summary>Matrix products with weights that stay in the second-level cache: what the arithmetic takes by itself.</summary>
public unsafe class CachedMatrixBenchmarks : KernelBenchmarks
{
    private PackedMatrix _weights;
    private QuantizedActivations _rows;
    private float* _bias;
    private float* _output;

    /// <summary>Rows of tokens: one as in decoding, a full tile, a chunk of a prompt.</summary>
    [Params(1, 6, 64)]
    public int Rows { get; set; }

    /// <summary>How the weights are held.</summary>
    [Params(WeightPrecision.Int8, WeightPrecision.Int4)]
    public WeightPrecision Precision { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(4 << 20);
        _weights = TakeMatrix(arena, Width, Width, Precision);
        _rows = TakeRows(arena, Rows, Groups);
        _bias = TakeFloats(arena, Width, 0.1f);
        _output = arena.TakeFloats((long)Rows * Width);
    }

    /// <summary>768 inputs, 768 outputs.</summary>
    [Benchmark]
    [Work("GMAC", (double)Width * Width / 1e9, Per = nameof(Rows))]
    public void MultiplyPanels() => Kernels.MultiplyPanels(_weights, _rows, _bias, _output, Width, 0, _weights.Panels);
}
