using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>Quantization of groups of 64 values held in four times 16 lanes.</summary>
internal static unsafe class LaneQuantization
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quantize<TLanes>(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
    {
        GroupCursor cursor = new(destination, token, firstGroup);
        float* values = source + ((nint)firstGroup * PanelLayout.InputsPerGroup);
        for (int group = 0; group < groupCount; group++)
        {
            QuantizeGroup(TLanes.Load(values), TLanes.Load(values + 16), TLanes.Load(values + 32), TLanes.Load(values + 48), cursor);
            cursor.MoveNext();
            values += PanelLayout.InputsPerGroup;
        }
    }

    /// <summary>Quantizes one group into the cursor's place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void QuantizeGroup<TLanes>(TLanes values0, TLanes values1, TLanes values2, TLanes values3, in GroupCursor cursor)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes magnitudes = TLanes.Larger(
            TLanes.Larger(TLanes.Absolute(values0), TLanes.Absolute(values1)),
            TLanes.Larger(TLanes.Absolute(values2), TLanes.Absolute(values3)));
        float largest = FourLanes.Largest(TLanes.FoldLarger(magnitudes));

        bool isZero = largest < QuantizationConstants.MinMagnitude;
        *cursor.Scale = isZero ? 0f : largest / PanelLayout.MaxQuantized;
        TLanes inverse = TLanes.Broadcast(isZero ? 0f : PanelLayout.MaxQuantized / largest);

        Vector128<sbyte> quantized0 = TLanes.ToQuantized(values0 * inverse);
        Vector128<sbyte> quantized1 = TLanes.ToQuantized(values1 * inverse);
        Vector128<sbyte> quantized2 = TLanes.ToQuantized(values2 * inverse);
        Vector128<sbyte> quantized3 = TLanes.ToQuantized(values3 * inverse);

        int kBlockStride = cursor.KBlockStride;
        sbyte* kBlocks = cursor.KBlocks;
        StoreKBlocks(kBlocks, kBlockStride, quantized0);
        StoreKBlocks(kBlocks + (4 * kBlockStride), kBlockStride, quantized1);
        StoreKBlocks(kBlocks + (8 * kBlockStride), kBlockStride, quantized2);
        StoreKBlocks(kBlocks + (12 * kBlockStride), kBlockStride, quantized3);

        // All 64 magnitudes together are at most 64 · 127 = 8128, so 16-bit sums are exact.
        Vector128<short> sums = PairSums(quantized0) + PairSums(quantized1) + PairSums(quantized2) + PairSums(quantized3);
        *cursor.Sum = Vector128.Sum(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreKBlocks(sbyte* kBlocks, int kBlockStride, Vector128<sbyte> quantized)
    {
        if (kBlockStride == PanelLayout.InputsPerKBlock)
        {
            quantized.Store(kBlocks);
            return;
        }

        Vector128<int> words = quantized.AsInt32();
        *(int*)kBlocks = words.ToScalar();
        *(int*)(kBlocks + kBlockStride) = words.GetElement(1);
        *(int*)(kBlocks + (2 * kBlockStride)) = words.GetElement(2);
        *(int*)(kBlocks + (3 * kBlockStride)) = words.GetElement(3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> PairSums(Vector128<sbyte> quantized) =>
        Vector128.WidenLower(quantized) + Vector128.WidenUpper(quantized);
}
