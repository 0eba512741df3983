using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.X86Avx512;

/// <summary>
/// 4-bit weights on AVX-512 without dot-product instructions: as on AVX2, twice as wide.
/// <para>Lanes: the whole panel, one 32-bit lane an output; until it is widened, a lane is two 16-bit lanes.</para>
/// <para>Exactness: <c>maddubs</c> multiplies the unsigned weight by the signed activation. Two products are at most 2 · 15 · 127 = 3810
/// in magnitude, so eight k-blocks stay within 30480 and 16-bit sums cannot saturate or wrap. <c>madd</c> with ones joins the pairs in 32
/// bits.</para>
/// </summary>
internal unsafe struct Avx512Int4Sums : IInt4Sums<Avx512Int4Sums, Vector512<byte>>
{
    private Vector512<short> _words;
    private Vector512<int> _sums;

    public static int Outputs => PanelLayout.OutputsPerPanel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LowKBlock(byte* block) => Vector512.Load(block) & Vector512.Create((byte)PanelLayout.MaxInt4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> HighKBlock(byte* block) =>
        Avx512BW.ShiftRightLogical(Vector512.Load((ushort*)block), 4).AsByte() & Vector512.Create((byte)PanelLayout.MaxInt4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector512<byte> kBlock, sbyte* inputs) =>
        _words += Avx512BW.MultiplyAddAdjacent(kBlock, Vector512.Create(*(int*)inputs).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Widen()
    {
        _sums += Avx512BW.MultiplyAddAdjacent(_words, Vector512.Create((short)1));
        _words = default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(Avx512Int4Sums other) => _sums += other._sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction) =>
        Avx512MatrixMultiply.AddGroup(output, _sums + Vector512.Create(correction), Vector512.Load(weightScales), scale);
}
