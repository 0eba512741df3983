using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.Tests;

namespace TinyGpt.Benchmarks;

/// <summary>What the benchmarks of all operations share: native memory, and operands of ordinary magnitudes in it.</summary>
public abstract unsafe class KernelBenchmarks : IDisposable
{
    /// <summary>GPT-2's width.</summary>
    protected const int Width = 768;

    /// <summary>Groups of 64 in a row of <see cref="Width"/>.</summary>
    protected const int Groups = Width / PanelLayout.InputsPerGroup;

    private readonly Random _random = new(1);
    private KernelSet? _kernels;
    private NativeArena? _arena;

    /// <summary>The tiers that this process can execute.</summary>
    public static IEnumerable<KernelTier> Tiers => KernelTiers.All.Where(KernelTiers.IsSupported);

    /// <summary>The tier that is measured. Each call is virtual, which costs a nanosecond or two.</summary>
    [ParamsSource(nameof(Tiers))]
    public KernelTier Tier { get; set; }

    /// <summary>The tier's operations.</summary>
    private protected KernelSet Kernels => _kernels ??= KernelSet.Of(Tier);

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public abstract void Prepare();

    /// <summary>Frees the operands.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the operands.</summary>
    /// <param name="disposing">Whether it is not the finalizer that calls.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _arena?.Dispose();
        }
    }

    /// <summary>Allocates the memory that all operands come from.</summary>
    private protected NativeArena Allocate(long bytes)
    {
        _arena?.Dispose();
        return _arena = new NativeArena(bytes);
    }

    /// <summary>Floats between -<paramref name="range"/> and <paramref name="range"/>.</summary>
    private protected float* TakeFloats(NativeArena arena, int count, float range)
    {
        float* values = arena.TakeFloats(count);
        Fill(values, count, range);
        return values;
    }

    /// <summary>Quantized rows of random values.</summary>
    private protected QuantizedActivations TakeRows(NativeArena arena, int rows, int groups)
    {
        QuantizedActivations taken = new(
            (sbyte*)arena.Take((long)rows * groups * PanelLayout.InputsPerGroup),
            arena.TakeFloats(rows * groups),
            (int*)arena.TakeFloats(rows * groups),
            rows,
            groups);
        float* source = stackalloc float[groups * PanelLayout.InputsPerGroup];
        for (int row = 0; row < rows; row++)
        {
            Fill(source, groups * PanelLayout.InputsPerGroup, 2f);
            ScalarKernels.Quantize(source, taken, row, 0, groups);
        }

        return taken;
    }

    /// <summary>A packed matrix of random weights without padding.</summary>
    private protected PackedMatrix TakeMatrix(
        NativeArena arena, int rows, int columns, WeightPrecision precision = WeightPrecision.Int8)
    {
        byte* data = arena.Take(PanelLayout.PackedBytes(rows, columns, precision));
        PackedMatrix matrix = new(data, rows, columns, precision);
        int weightBytes = matrix.GroupBytes - PanelLayout.GroupScaleBytes;
        for (long group = 0; group < (long)matrix.Panels * matrix.Groups; group++)
        {
            byte* packed = data + (group * matrix.GroupBytes);
            Span<sbyte> weights = new(packed, weightBytes);
            foreach (ref sbyte weight in weights)
            {
                weight = (sbyte)_random.Next(-PanelLayout.MaxQuantized, PanelLayout.MaxQuantized + 1);
            }

            Fill((float*)(packed + weightBytes), PanelLayout.OutputsPerPanel, 0.01f);
        }

        return matrix;
    }

    private void Fill(float* values, int count, float range)
    {
        for (int i = 0; i < count; i++)
        {
            values[i] = range * ((2f * _random.NextSingle()) - 1f);
        }
    }
}
