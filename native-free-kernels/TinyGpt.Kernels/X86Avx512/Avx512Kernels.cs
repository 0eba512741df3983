using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.X86Avx512;

/// <summary>AVX-512 F, BW, DQ and VL: 512-bit lanes and a matrix kernel without dot-product instructions.</summary>
internal readonly struct Avx512Kernels : IVectorKernels<Avx512Lanes, Avx512MatrixMultiply, Int4Multiply<Avx512Int4Sums, Vector512<byte>>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Avx512;

    /// <inheritdoc/>
    public static bool IsSupported => Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Fma.IsSupported;
}
