using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx2;

namespace TinyGpt.Kernels.X86AvxVnni;

/// <summary>A k-block of 4-bit weights, unpacked: outputs 0-7 and 8-15.</summary>
internal readonly struct AvxVnniKBlock(Vector256<byte> low, Vector256<byte> high)
{
    public Vector256<byte> Low => low;

    public Vector256<byte> High => high;
}

/// <summary>
/// 4-bit weights on the 256-bit dot product of AVX-VNNI.
/// <para>Lanes: the whole panel, outputs 0-7 and 8-15, one 32-bit lane an output. Six tokens' sums, a k-block, one broadcast and the mask are
/// sixteen registers.</para>
/// <para>Exactness: the instruction multiplies unsigned by signed bytes, which is what unpacked weights and activations are, and adds four
/// products to a 32-bit lane without saturation. Nothing has to be flipped or widened.</para>
/// </summary>
internal unsafe struct AvxVnniInt4Sums : IInt4Sums<AvxVnniInt4Sums, AvxVnniKBlock>
{
    private Vector256<int> _low;
    private Vector256<int> _high;

    public static int Outputs => PanelLayout.OutputsPerPanel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AvxVnniKBlock LowKBlock(byte* block) =>
        new(Avx2Int4Sums.LowKBlock(block), Avx2Int4Sums.LowKBlock(block + Vector256<byte>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static AvxVnniKBlock HighKBlock(byte* block) =>
        new(Avx2Int4Sums.HighKBlock(block), Avx2Int4Sums.HighKBlock(block + Vector256<byte>.Count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(AvxVnniKBlock kBlock, sbyte* inputs)
    {
        Vector256<sbyte> broadcast = Avx2.BroadcastScalarToVector256((int*)inputs).AsSByte();
        _low = AvxVnni.MultiplyWideningAndAdd(_low, kBlock.Low, broadcast);
        _high = AvxVnni.MultiplyWideningAndAdd(_high, kBlock.High, broadcast);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Widen()
    {
        // The sums have 32 bits from the start.
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(AvxVnniInt4Sums other)
    {
        _low += other._low;
        _high += other._high;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction)
    {
        Vector256<int> corrections = Vector256.Create(correction);
        Avx2MatrixMultiply.AddGroup(
            output, _low + corrections, _high + corrections, Vector256.Load(weightScales), Vector256.Load(weightScales + 8), scale);
    }
}
