using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx512;

namespace TinyGpt.Kernels.X86Avx512Vnni;

/// <summary>AVX-512 VNNI: the lanes of AVX-512 and a matrix kernel on its 512-bit dot product, which takes .NET 11.</summary>
internal readonly struct Avx512VnniKernels
    : IVectorKernels<Avx512Lanes, Avx512VnniMatrixMultiply, Int4Multiply<Avx512VnniInt4Sums, Vector512<byte>>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Avx512Vnni;

    /// <inheritdoc/>
    public static bool IsSupported => Avx512DotProduct.IsSupported && Avx512Kernels.IsSupported;
}
