namespace TinyGpt.Kernels;

/// <summary>An instruction-set level that the kernels exist for. Every tier computes the same bits.</summary>
public enum KernelTier
{
    /// <summary>Plain C#, one lane at a time: the reference the other tiers are compared with. Named <c>scalar</c>.</summary>
    Scalar,

    /// <summary>x86-64 with AVX2 and FMA3. Named <c>avx2</c>.</summary>
    Avx2,

    /// <summary>x86-64 with AVX2, FMA3 and the 256-bit dot product of AVX-VNNI. Named <c>avxvnni</c>.</summary>
    AvxVnni,

    /// <summary>x86-64 with AVX-512 F, BW, DQ and VL; no dot-product instruction is used. Named <c>avx512</c>.</summary>
    Avx512,

    /// <summary>x86-64 with AVX-512 F, BW, DQ and VL and the 512-bit dot product of AVX-512 VNNI, on .NET 11. Named <c>avx512vnni</c>.</summary>
    Avx512Vnni,

    /// <summary>64-bit ARM with Advanced SIMD, without the dot-product extension. Named <c>neon</c>.</summary>
    Neon,

    /// <summary>64-bit ARM with Advanced SIMD and the dot-product extension. Named <c>neondp</c>.</summary>
    NeonDp,
}
