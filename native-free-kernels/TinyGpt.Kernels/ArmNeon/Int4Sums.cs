using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.ArmNeon;

/// <summary>
/// 4-bit weights on Advanced SIMD without dot-product instructions.
/// <para>Lanes: a quarter of a panel, four outputs, each of which has four neighbouring 16-bit lanes until the group's end, where two
/// pairwise additions join them.</para>
/// <para>Exactness: an unpacked weight is 0 … 15 as a signed byte too. A 16-bit lane takes one product a k-block, at most 15 · 127 = 1905 in
/// magnitude: all sixteen k-blocks of a group stay within 30480. So there is nothing to widen in between.</para>
/// </summary>
internal unsafe struct NeonInt4Sums : IInt4Sums<NeonInt4Sums, Vector128<sbyte>>
{
    private Vector128<short> _low;
    private Vector128<short> _high;

    public static int Outputs => PanelLayout.OutputsPerPanel / 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> LowKBlock(byte* block) =>
        AdvSimd.And(AdvSimd.LoadVector128(block), Vector128.Create((byte)PanelLayout.MaxInt4)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> HighKBlock(byte* block) => AdvSimd.ShiftRightLogical(AdvSimd.LoadVector128(block), 4).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector128<sbyte> kBlock, sbyte* inputs)
    {
        Vector128<sbyte> broadcast = AdvSimd.LoadAndReplicateToVector128((int*)inputs).AsSByte();
        _low = AdvSimd.MultiplyWideningLowerAndAdd(_low, kBlock.GetLower(), broadcast.GetLower());
        _high = AdvSimd.MultiplyWideningUpperAndAdd(_high, kBlock, broadcast);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Widen()
    {
        // Sixteen k-blocks fit into 16 bits.
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(NeonInt4Sums other)
    {
        _low += other._low;
        _high += other._high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction)
    {
        Vector128<int> sums = AdvSimd.Arm64.AddPairwise(AdvSimd.AddPairwiseWidening(_low), AdvSimd.AddPairwiseWidening(_high));
        NeonMatrixMultiply.AddGroup(output, sums + Vector128.Create(correction), AdvSimd.LoadVector128(weightScales), scale);
    }
}
