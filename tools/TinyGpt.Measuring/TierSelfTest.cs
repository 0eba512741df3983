using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Measuring;

/// <summary>What a tier's self-test found.</summary>
/// <param name="Tier">The tier.</param>
/// <param name="Compared">Numbers that were compared, bit for bit.</param>
/// <param name="Differences">Numbers that differed.</param>
/// <param name="FirstDifference">The operation and operands of the first difference, or null.</param>
public sealed record TierSelfTestResult(KernelTier Tier, long Compared, long Differences, string? FirstDifference);

/// <summary>
/// Runs every operation of a kernel tier and of the scalar reference on the same random inputs and compares the results bit for bit, on
/// the very processor that will compute. Thread-safe.
/// </summary>
public static class TierSelfTest
{
    /// <summary>Tests a tier.</summary>
    /// <param name="tier">A tier that this process can execute.</param>
    /// <param name="seed">Of the inputs.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier, or the reference.</exception>
    public static TierSelfTestResult Run(KernelTier tier, int seed = 1)
    {
        KernelTiers.Select(KernelTier.Scalar);
        return KernelTiers.Select(tier) switch
        {
            KernelTier.Avx2 => Run<Avx2Kernels>(seed),
            KernelTier.AvxVnni => Run<AvxVnniKernels>(seed),
            KernelTier.Avx512 => Run<Avx512Kernels>(seed),
            KernelTier.Avx512Vnni => Run<Avx512VnniKernels>(seed),
            KernelTier.Neon => Run<NeonKernels>(seed),
            KernelTier.NeonDp => Run<NeonDpKernels>(seed),
            _ => Run<ScalarKernels>(seed),
        };
    }

    private static TierSelfTestResult Run<TKernels>(int seed)
        where TKernels : struct, IKernels
    {
        TierComparison<TKernels> comparison = new(new Random(seed));
        comparison.CompareMatrices();
        comparison.CompareQuantization();
        comparison.CompareNorms();
        comparison.CompareBlocks();
        comparison.CompareAttention();
        comparison.CompareEmbedding();
        comparison.CompareSampling();
        return new(TKernels.Tier, comparison.Compared, comparison.Differences, comparison.FirstDifference);
    }
}
