using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Sampling;

/// <summary>The two operations of a tier that sampling needs, over the logits of one token. Thread-safe; allocates nothing.</summary>
internal abstract class LogitKernels
{
    /// <summary>Those of a tier that this process supports.</summary>
    public static LogitKernels Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx2 => new LogitKernels<Avx2Kernels>(),
        KernelTier.AvxVnni => new LogitKernels<AvxVnniKernels>(),
        KernelTier.Avx512 => new LogitKernels<Avx512Kernels>(),
        KernelTier.Neon => new LogitKernels<NeonKernels>(),
        KernelTier.NeonDp => new LogitKernels<NeonDpKernels>(),
        _ => new LogitKernels<ScalarKernels>(),
    };

    /// <summary>The token with the largest logit, the lowest id among equals.</summary>
    public abstract int ArgMax(ReadOnlySpan<float> logits);

    /// <summary>See <see cref="IKernels.SoftmaxWeights"/>.</summary>
    /// <param name="logits">The logits.</param>
    /// <param name="maximum">The largest logit.</param>
    /// <param name="inverseTemperature">1/temperature, positive.</param>
    /// <param name="weights">The result, at least as long as <paramref name="logits"/>, which it may be.</param>
    public abstract void SoftmaxWeights(ReadOnlySpan<float> logits, float maximum, float inverseTemperature, Span<float> weights);
}

/// <summary>The same, bound to a kernel type.</summary>
internal sealed unsafe class LogitKernels<TKernels> : LogitKernels
    where TKernels : struct, IKernels
{
    public override int ArgMax(ReadOnlySpan<float> logits)
    {
        fixed (float* first = logits)
        {
            return TKernels.ArgMax(first, logits.Length);
        }
    }

    public override void SoftmaxWeights(ReadOnlySpan<float> logits, float maximum, float inverseTemperature, Span<float> weights)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(weights.Length, logits.Length);
        fixed (float* from = logits, to = weights)
        {
            TKernels.SoftmaxWeights(from, logits.Length, maximum, inverseTemperature, to);
        }
    }
}
