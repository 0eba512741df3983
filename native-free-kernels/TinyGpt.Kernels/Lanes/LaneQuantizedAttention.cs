using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// Attention over quantized keys and values. Attention scores are exact integer dots of four keys at a time, whose scales are contiguous. The
/// softmax is that of floats. Then every weight is multiplied by its value's scale, one lane a key (mod 16), so that the weighted sum of
/// <see cref="LaneAttention"/> and <see cref="LaneAttentionBlock"/> only has to widen int8 to float.
/// </summary>
internal static unsafe class LaneQuantizedAttention
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attend<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        float* factors = stackalloc float[AttentionHead.MaxQueries];
        for (int query = 0; query < head.Queries; query++)
        {
            float scale = QuantizeQuery<TLanes>(
                head.Query + (query * head.QueryStride), head.PaddedHeadSize, head.QuantizedQueries + (query * head.PaddedHeadSize));
            factors[query] = scale * head.ScoreScale;
        }

        Score<TLanes>(head, factors);
        float* inverseSums = stackalloc float[AttentionHead.MaxQueries];
        for (int query = 0; query < head.Queries; query++)
        {
            float* scores = head.AttentionScores + (query * head.AttentionScoresStride);
            inverseSums[query] = 1f / LaneSoftmax.Softmax<TLanes>(scores, head.FirstKey(query), head.KeyCount + query);
            ScaleWeights<TLanes>(head, scores, head.KeyCount + query);
        }

        if (head.Queries == 1)
        {
            LaneAttention.Accumulate<TLanes, StoredInt8>(head, inverseSums[0]);
        }
        else
        {
            LaneAttentionBlock.Accumulate<TLanes, StoredInt8>(head, inverseSums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void QuantizeHead<TLanes>(float* source, int paddedHeadSize, sbyte* values, float* scale)
        where TLanes : struct, ILanes<TLanes>
    {
        *scale = Scale<TLanes>(source, paddedHeadSize, out TLanes inverse);
        for (nint i = 0; i < paddedHeadSize; i += PanelLayout.VirtualLanes)
        {
            TLanes.ToQuantized(TLanes.Load(source + i) * inverse).Store(values + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float QuantizeQuery<TLanes>(float* source, int paddedHeadSize, short* values)
        where TLanes : struct, ILanes<TLanes>
    {
        float scale = Scale<TLanes>(source, paddedHeadSize, out TLanes inverse);
        for (nint i = 0; i < paddedHeadSize; i += PanelLayout.VirtualLanes)
        {
            Vector128<sbyte> quantized = TLanes.ToQuantized(TLanes.Load(source + i) * inverse);
            Vector128.WidenLower(quantized).Store(values + i);
            Vector128.WidenUpper(quantized).Store(values + i + 8);
        }

        return scale;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Scale<TLanes>(float* source, int paddedHeadSize, out TLanes inverse)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes magnitudes = TLanes.Absolute(TLanes.Load(source));
        for (nint i = PanelLayout.VirtualLanes; i < paddedHeadSize; i += PanelLayout.VirtualLanes)
        {
            magnitudes = TLanes.Larger(TLanes.Absolute(TLanes.Load(source + i)), magnitudes);
        }

        float largest = FourLanes.Largest(TLanes.FoldLarger(magnitudes));
        bool isZero = largest < QuantizationConstants.MinMagnitude;
        inverse = TLanes.Broadcast(isZero ? 0f : PanelLayout.MaxQuantized / largest);
        return isZero ? 0f : largest / PanelLayout.MaxQuantized;
    }

    /// <summary>
    /// Writes the attention scores of all queries for all keys of the last one. The softmax overwrites those after a query's last key. A step of
    /// four keys is in one page. After the last key it repeats that key, and reads scales that nothing depends on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TLanes>(in AttentionHead head, float* factors)
        where TLanes : struct, ILanes<TLanes>
    {
        nint stride = head.PaddedHeadSize;
        int last = head.KeyCount + head.Queries - 2;
        int ahead = LaneAttention.KeysAhead<StoredInt8>(head);
        for (int position = 0; position <= last; position += LaneAttention.KeysPerStep)
        {
            LaneAttention.PrefetchAhead<StoredInt8>(head, position, ahead);
            if (position % AttentionHead.PositionsPerPage == 0)
            {
                PrefetchScales(head, position);
            }

            sbyte* key0 = (sbyte*)LaneAttention.Row<StoredInt8>(head, head.KeyOffset, position);
            sbyte* key1 = key0 + (Math.Min(1, last - position) * stride);
            sbyte* key2 = key0 + (Math.Min(2, last - position) * stride);
            sbyte* key3 = key0 + (Math.Min(3, last - position) * stride);
            Vector128<float> scales = Vector128.Load(Scales(head, head.KeyOffset, position));
            for (int query = 0; query < head.Queries; query++)
            {
                short* quantized = head.QuantizedQueries + (query * stride);
                Vector128<int> dots = FourLanes.SumEach(
                    TLanes.Dot(key0, quantized, stride),
                    TLanes.Dot(key1, quantized, stride),
                    TLanes.Dot(key2, quantized, stride),
                    TLanes.Dot(key3, quantized, stride));
                Vector128<float> scores = Vector128.ConvertToSingle(dots) * (scales * Vector128.Create(factors[query]));
                scores.Store(head.AttentionScores + (query * head.AttentionScoresStride) + position);
            }
        }
    }

    /// <summary>Multiplies each weight by its value's scale. A step of 16 is in one page, and nothing reads after the last weight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScaleWeights<TLanes>(in AttentionHead head, float* weights, int count)
        where TLanes : struct, ILanes<TLanes>
    {
        for (int position = 0; position < count; position += PanelLayout.VirtualLanes)
        {
            TLanes scaled = TLanes.Load(weights + position) * TLanes.Load(Scales(head, head.ValueOffset, position));
            TLanes.Store(weights + position, scaled);
        }
    }

    /// <summary>Prefetches the scales of this page's values and of the next page's keys. Each is a separate stream of four cache lines.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchScales(in AttentionHead head, int position)
    {
        if (Sse.IsSupported)
        {
            int next = Math.Min(position + AttentionHead.PositionsPerPage, head.KeyCount - 1) & -AttentionHead.PositionsPerPage;
            byte* keys = (byte*)Scales(head, head.KeyOffset, next);
            byte* values = (byte*)Scales(head, head.ValueOffset, position);
            for (nint line = 0; line < AttentionHead.PositionsPerPage * sizeof(float); line += LaneAttention.CacheLineBytes)
            {
                Sse.Prefetch0(keys + line);
                Sse.Prefetch1(values + line);
            }
        }
    }

    /// <summary>The scale of a position's key or value; those of the page's later positions follow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Scales(in AttentionHead head, nint offset, int position)
    {
        byte* area = head.Pages[position / AttentionHead.PositionsPerPage] + offset;
        return (float*)(area + (AttentionHead.PositionsPerPage * (nint)head.PaddedHeadSize)) + (position % AttentionHead.PositionsPerPage);
    }
}
