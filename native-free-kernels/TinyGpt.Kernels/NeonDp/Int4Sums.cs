using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;

namespace TinyGpt.Kernels;

/// <summary>A quad of 4-bit weights, unpacked: four outputs in each register.</summary>
internal readonly struct NeonDpQuad(Vector128<sbyte> a, Vector128<sbyte> b, Vector128<sbyte> c, Vector128<sbyte> d)
{
    public Vector128<sbyte> A => a;

    public Vector128<sbyte> B => b;

    public Vector128<sbyte> C => c;

    public Vector128<sbyte> D => d;
}

/// <summary>
/// 4-bit weights on the dot-product extension of Advanced SIMD.
/// <para>Lanes: the whole panel in four registers of four outputs, one 32-bit lane an output.</para>
/// <para>Exactness: an unpacked weight is 0 … 15 as a signed byte too; <c>sdot</c> adds four signed products to a 32-bit lane without
/// saturation.</para>
/// </summary>
internal unsafe struct NeonDpInt4Sums : IInt4Sums<NeonDpInt4Sums, NeonDpQuad>
{
    private Vector128<int> _a;
    private Vector128<int> _b;
    private Vector128<int> _c;
    private Vector128<int> _d;

    public static int Outputs => PanelLayout.RowsPerPanel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonDpQuad LowQuad(byte* block) => new(
        NeonInt4Sums.LowQuad(block), NeonInt4Sums.LowQuad(block + 16), NeonInt4Sums.LowQuad(block + 32), NeonInt4Sums.LowQuad(block + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonDpQuad HighQuad(byte* block) => new(
        NeonInt4Sums.HighQuad(block), NeonInt4Sums.HighQuad(block + 16), NeonInt4Sums.HighQuad(block + 32), NeonInt4Sums.HighQuad(block + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(NeonDpQuad quad, sbyte* inputs)
    {
        Vector128<sbyte> broadcast = AdvSimd.LoadAndReplicateToVector128((int*)inputs).AsSByte();
        _a = Dp.DotProduct(_a, quad.A, broadcast);
        _b = Dp.DotProduct(_b, quad.B, broadcast);
        _c = Dp.DotProduct(_c, quad.C, broadcast);
        _d = Dp.DotProduct(_d, quad.D, broadcast);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Widen()
    {
        // The sums have 32 bits from the start.
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(NeonDpInt4Sums other)
    {
        _a += other._a;
        _b += other._b;
        _c += other._c;
        _d += other._d;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction)
    {
        Vector128<int> corrections = Vector128.Create(correction);
        NeonMatrixMultiply.AddGroup(output, _a + corrections, AdvSimd.LoadVector128(weightScales), scale);
        NeonMatrixMultiply.AddGroup(output + 4, _b + corrections, AdvSimd.LoadVector128(weightScales + 4), scale);
        NeonMatrixMultiply.AddGroup(output + 8, _c + corrections, AdvSimd.LoadVector128(weightScales + 8), scale);
        NeonMatrixMultiply.AddGroup(output + 12, _d + corrections, AdvSimd.LoadVector128(weightScales + 12), scale);
    }
}
