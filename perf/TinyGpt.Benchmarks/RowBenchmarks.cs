using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Benchmarks;

/// <summary>Operations on one row of a token's features.</summary>
public unsafe class RowBenchmarks : KernelBenchmarks
{
    private const int Tokens = 64;
    private const int HeadSize = 64;

    private QuantizedActivations _quantized;
    private PackedMatrix _embedding;
    private float* _source;
    private float* _residual;
    private float* _normalized;
    private float* _addend;
    private float* _gain;
    private float* _bias;
    private float* _ones;
    private float* _destination;
    private int _token;

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(1 << 20);
        _quantized = TakeRows(arena, 1, Groups);
        _embedding = TakeMatrix(arena, Tokens, Width);
        _source = TakeFloats(arena, Width, 4f);
        _residual = TakeFloats(arena, Width, 4f);
        _normalized = TakeFloats(arena, Width, 4f);

        // Zeros: the residual is added to in place, and must stay what it is over billions of calls.
        _addend = arena.TakeFloats(Width);
        _gain = TakeFloats(arena, Width, 1f);
        _bias = TakeFloats(arena, Width, 0.1f);
        _ones = arena.TakeFloats(HeadSize);
        new Span<float>(_ones, HeadSize).Fill(1);
        _destination = arena.TakeFloats(Width);
    }

    /// <summary>Quantizes a row.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void Quantize() => Kernels.Quantize(_source, _quantized, 0, 0, Groups);

    /// <summary>Adds to the residual, normalizes and quantizes.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void AddNormalizeQuantize() =>
        Kernels.AddNormalizeQuantize(_residual, _addend, Width, _gain, _bias, 1e-5f, _quantized, 0);

    /// <summary>Adds to the residual, normalizes by its mean square and quantizes.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void AddRmsNormalizeQuantize() => Kernels.AddRmsNormalizeQuantize(_residual, _addend, Width, _gain, 1e-5f, _quantized, 0);

    /// <summary>Adds to the residual and normalizes in place, as norms after their sums do.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void AddNormalize() => Kernels.AddNormalize(_normalized, _addend, Width, _gain, _bias, 1e-5f);

    /// <summary>Adds to the residual.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void Add() => Kernels.Add(_residual, _addend, Width);

    /// <summary>Normalizes the heads of a row: twelve of 64 channels, whose mean square is 1 from the first call on.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void NormalizeHead()
    {
        for (int head = 0; head < Width; head += HeadSize)
        {
            Kernels.NormalizeHead(_normalized + head, HeadSize, _ones, 1e-5f);
        }
    }

    /// <summary>Quantizes the keys of a row: twelve of 64 channels.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void QuantizeHead()
    {
        for (int head = 0; head < Width; head += HeadSize)
        {
            Kernels.QuantizeHead(_source + head, HeadSize, _quantized.Values + head, _destination + (head / HeadSize));
        }
    }

    /// <summary>Rotates the heads of a row: twelve of 64 channels, by cosines of 1 and sines of 0, so that they stay what they are.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void Rotate()
    {
        for (int head = 0; head < Width; head += HeadSize)
        {
            Kernels.Rotate(_residual + head, _ones, _addend, HeadSize);
        }
    }

    /// <summary>Writes the embedding of one token after the other.</summary>
    [Benchmark]
    [Work("G numbers", Width / 1e9)]
    public void Embed()
    {
        _token = (_token + 1) % Tokens;
        Kernels.Embed(_embedding, _token, _source, _destination);
    }
}

/// <summary>Activation and quantization of a feed-forward row.</summary>
public unsafe class ActivationBenchmarks : KernelBenchmarks
{
    private const int FeedForwardWidth = 4 * Width;
    private const int FeedForwardGroups = 4 * Groups;

    private QuantizedActivations _quantized;
    private float* _source;

    /// <summary>The function.</summary>
    [ParamsAllValues]
    public Activation Activation { get; set; }

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(1 << 20);
        _quantized = TakeRows(arena, 1, FeedForwardGroups);
        _source = TakeFloats(arena, 2 * FeedForwardWidth, 4f);
    }

    /// <summary>3,072 numbers.</summary>
    [Benchmark]
    [Work("G numbers", FeedForwardWidth / 1e9)]
    public void ActivateQuantize() => Kernels.ActivateQuantize(_source, Activation, _quantized, 0, 0, FeedForwardGroups);

    /// <summary>3,072 gates and 3,072 up projections.</summary>
    [Benchmark]
    [Work("G numbers", FeedForwardWidth / 1e9)]
    public void GatedActivateQuantize() => Kernels.GatedActivateQuantize(_source, Activation, _quantized, 0, 0, FeedForwardGroups);
}
