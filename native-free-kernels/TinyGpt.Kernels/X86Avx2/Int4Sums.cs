using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.X86Avx2;

/// <summary>
/// 4-bit weights on plain AVX2.
/// <para>Lanes: half a panel, outputs 0-7 or 8-15, one 32-bit lane an output; until it is widened, a lane is two 16-bit lanes.</para>
/// <para>Exactness: <c>maddubs</c> multiplies the unsigned weight by the signed activation. Two products are at most 2 · 15 · 127 = 3810
/// in magnitude, so eight k-blocks stay within 30480 and 16-bit sums cannot saturate or wrap. <c>madd</c> with ones then joins the pairs
/// in 32 bits: once in eight k-blocks, where int8 weights need it for every one.</para>
/// </summary>
internal unsafe struct Avx2Int4Sums : IInt4Sums<Avx2Int4Sums, Vector256<byte>>
{
    private Vector256<short> _words;
    private Vector256<int> _sums;

    public static int Outputs => PanelLayout.OutputsPerPanel / 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> LowKBlock(byte* block) => Vector256.Load(block) & Vector256.Create((byte)PanelLayout.MaxInt4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> HighKBlock(byte* block) =>
        Avx2.ShiftRightLogical(Vector256.Load((ushort*)block), 4).AsByte() & Vector256.Create((byte)PanelLayout.MaxInt4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector256<byte> kBlock, sbyte* inputs) =>
        _words += Avx2.MultiplyAddAdjacent(kBlock, Avx2.BroadcastScalarToVector256((int*)inputs).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Widen()
    {
        _sums += Avx2.MultiplyAddAdjacent(_words, Vector256.Create((short)1));
        _words = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(Avx2Int4Sums other) => _sums += other._sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction) =>
        Avx2MatrixMultiply.AddHalfGroup(output, _sums + Vector256.Create(correction), Vector256.Load(weightScales), scale);
}
