using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Kernels.Tests;

/// <summary>All sweeps of one tier.</summary>
internal static class TierSweep
{
    public static void Run(KernelTier tier, CallRecord record)
    {
        switch (tier)
        {
            case KernelTier.Scalar:
                Run<ScalarKernels>(record);
                break;
            case KernelTier.Avx2:
                Run<Avx2Kernels>(record);
                break;
            case KernelTier.AvxVnni:
                Run<AvxVnniKernels>(record);
                break;
            case KernelTier.Avx512:
                Run<Avx512Kernels>(record);
                break;
            case KernelTier.Avx512Vnni:
                Run<Avx512VnniKernels>(record);
                break;
            case KernelTier.Neon:
                Run<NeonKernels>(record);
                break;
            case KernelTier.NeonDp:
                Run<NeonDpKernels>(record);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(tier), tier, "This is no kernel tier.");
        }
    }

    private static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        MatrixSweep.Run<TKernels>(record);
        QuantizationSweep.Run<TKernels>(record);
        LayerNormSweep.Run<TKernels>(record);
        BlockSweep.Run<TKernels>(record);
        AttentionSweep.Run<TKernels>(record);
        EmbeddingSweep.Run<TKernels>(record);
        SamplingSweep.Run<TKernels>(record);
    }
}
