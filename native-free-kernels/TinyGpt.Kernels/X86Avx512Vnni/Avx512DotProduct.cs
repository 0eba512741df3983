using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels.X86Avx512Vnni;

/// <summary>
/// The 512-bit dot product of AVX-512 VNNI, and the one place that knows that .NET 10 has no name for it: built for .NET 10, the tier has
/// its name and is not supported.
/// </summary>
internal static class Avx512DotProduct
{
    /// <summary>What a process that cannot execute the instruction lacks.</summary>
#if NET11_0_OR_GREATER
    public const string Requirement = "AVX-512 F, BW, DQ and VL with AVX-512 VNNI";
#else
    public const string Requirement = "the 512-bit dot product of .NET 11 (this is TinyGpt's build for .NET 10)";
#endif

    /// <summary>Whether this process can execute the instruction.</summary>
    public static bool IsSupported =>
#if NET11_0_OR_GREATER
        AvxVnni.V512.IsSupported;
#else
        false;
#endif

    /// <summary>Adds four products of unsigned and signed bytes to each 32-bit lane, without saturation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> MultiplyAdd(Vector512<int> sums, Vector512<byte> left, Vector512<sbyte> right) =>
#if NET11_0_OR_GREATER
        AvxVnni.V512.MultiplyWideningAndAdd(sums, left, right);
#else
        throw new PlatformNotSupportedException($"This process lacks {Requirement}.");
#endif
}
