using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.X86Avx2;

/// <summary>AVX2 and FMA3: 256-bit lanes and the <c>maddubs</c> matrix kernel.</summary>
internal readonly struct Avx2Kernels : IVectorKernels<Avx2Lanes, Avx2MatrixMultiply, Int4Multiply<Avx2Int4Sums, Vector256<byte>>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Avx2;

    /// <inheritdoc/>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;
}
