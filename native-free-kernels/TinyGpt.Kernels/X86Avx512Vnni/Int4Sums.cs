using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx512;

namespace TinyGpt.Kernels.X86Avx512Vnni;

/// <summary>
/// 4-bit weights on the 512-bit dot product of AVX-512 VNNI.
/// <para>Lanes: the whole panel, one 32-bit lane an output.</para>
/// <para>Exactness: the instruction multiplies unsigned by signed bytes, which is what unpacked weights and activations are, and adds four
/// products to a 32-bit lane without saturation. Nothing has to be flipped or widened.</para>
/// </summary>
internal unsafe struct Avx512VnniInt4Sums : IInt4Sums<Avx512VnniInt4Sums, Vector512<byte>>
{
    private Vector512<int> _sums;

    public static int Outputs => PanelLayout.OutputsPerPanel;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> LowKBlock(byte* block) => Avx512Int4Sums.LowKBlock(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> HighKBlock(byte* block) => Avx512Int4Sums.HighKBlock(block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Vector512<byte> kBlock, sbyte* inputs) =>
        _sums = Avx512DotProduct.MultiplyAdd(_sums, kBlock, Vector512.Create(*(int*)inputs).AsSByte());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Widen()
    {
        // The sums have 32 bits from the start.
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Join(Avx512VnniInt4Sums other) => _sums += other._sums;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void AddGroup(float* output, float* weightScales, float scale, int correction) =>
        Avx512MatrixMultiply.AddGroup(output, _sums + Vector512.Create(correction), Vector512.Load(weightScales), scale);
}
