using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeon;

/// <summary>64-bit ARM with Advanced SIMD: 128-bit lanes and a matrix kernel of widening multiplications.</summary>
internal readonly struct NeonKernels : IVectorKernels<NeonLanes, NeonMatrixMultiply, Int4Multiply<NeonInt4Sums, Vector128<sbyte>>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Neon;

    /// <inheritdoc/>
    public static bool IsSupported => AdvSimd.Arm64.IsSupported;
}
