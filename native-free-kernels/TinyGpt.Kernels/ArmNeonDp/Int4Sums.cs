using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeonDp;

/// <summary>A k-block of 4-bit weights, unpacked: four outputs in each register.</summary>
internal readonly struct NeonDpKBlock(Vector128<sbyte> a, Vector128<sbyte> b, Vector128<sbyte> c, Vector128<sbyte> d)
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
internal unsafe struct NeonDpInt4Sums : IInt4Sums<NeonDpInt4Sums, NeonDpKBlock>
{
    private Vector128<int> _a;
    private Vector128<int> _b;
    private Vector128<int> _c;
    private Vector128<int> _d;

    public static int Outputs => PanelLayout.OutputsPerPanel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonDpKBlock LowKBlock(byte* block) => new(
        NeonInt4Sums.LowKBlock(block), NeonInt4Sums.LowKBlock(block + 16), NeonInt4Sums.LowKBlock(block + 32), NeonInt4Sums.LowKBlock(block + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonDpKBlock HighKBlock(byte* block) => new(
        NeonInt4Sums.HighKBlock(block), NeonInt4Sums.HighKBlock(block + 16), NeonInt4Sums.HighKBlock(block + 32), NeonInt4Sums.HighKBlock(block + 48));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(NeonDpKBlock kBlock, sbyte* inputs)
    {
        Vector128<sbyte> broadcast = AdvSimd.LoadAndReplicateToVector128((int*)inputs).AsSByte();
        _a = Dp.DotProduct(_a, kBlock.A, broadcast);
        _b = Dp.DotProduct(_b, kBlock.B, broadcast);
        _c = Dp.DotProduct(_c, kBlock.C, broadcast);
        _d = Dp.DotProduct(_d, kBlock.D, broadcast);
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
