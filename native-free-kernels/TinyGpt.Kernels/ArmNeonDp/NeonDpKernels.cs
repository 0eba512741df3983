using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeonDp;

/// <summary>64-bit ARM with the dot-product extension: the lanes of Advanced SIMD and the dot-product matrix kernel.</summary>
internal readonly struct NeonDpKernels : IVectorKernels<NeonLanes, NeonDpMatrixMultiply, Int4Multiply<NeonDpInt4Sums, NeonDpKBlock>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.NeonDp;

    /// <inheritdoc/>
    public static bool IsSupported => Dp.Arm64.IsSupported && AdvSimd.Arm64.IsSupported;
}
