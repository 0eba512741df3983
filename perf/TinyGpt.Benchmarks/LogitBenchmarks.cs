using BenchmarkDotNet.Attributes;
using TinyGpt.Kernels.Memory;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Benchmarks;

/// <summary>Operations on the logits of GPT-2's vocabulary.</summary>
public unsafe class LogitBenchmarks : KernelBenchmarks
{
    private const int Vocabulary = 50257;

    private float* _logits;
    private float* _weights;
    private float _maximum;

    /// <inheritdoc/>
    public override void Prepare()
    {
        NativeArena arena = Allocate(1 << 20);
        _logits = TakeFloats(arena, Vocabulary, 12f);
        _weights = arena.TakeFloats(Vocabulary);
        _maximum = _logits[ScalarKernels.ArgMax(_logits, Vocabulary)];
    }

    /// <summary>The largest of 50,257.</summary>
    [Benchmark]
    [Work("G numbers", Vocabulary / 1e9)]
    public int ArgMax() => Kernels.ArgMax(_logits, Vocabulary);

    /// <summary>The weights that sampling draws from.</summary>
    [Benchmark]
    [Work("G numbers", Vocabulary / 1e9)]
    public void SoftmaxWeights() => Kernels.SoftmaxWeights(_logits, Vocabulary, _maximum, 1.25f, _weights);
}
