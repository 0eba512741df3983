using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// Attention of one query over paged keys and values. Attention scores: one lane a channel (mod 16), four keys at a time so that the ends of
/// their sum trees share vectors. Softmax: one lane a key (mod 16). Values: one lane a channel, keys ascending.
/// </summary>
internal static unsafe class LaneAttention
{
    public const int KeysPerStep = 4;

    private const int BytesAhead = 4096;
    public const int CacheLineBytes = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attend<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        if (head.Queries > 1)
        {
            LaneAttentionBlock.Attend<TLanes>(head);
            return;
        }

        Score<TLanes>(head);
        Accumulate<TLanes, StoredFloat>(head, 1f / LaneSoftmax.Softmax<TLanes>(head.AttentionScores, head.FirstKey(0), head.KeyCount));
    }

    /// <summary>The output of one query from its weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<TLanes, TStored>(in AttentionHead head, float inverseSum)
        where TLanes : struct, ILanes<TLanes>
        where TStored : struct, IStored
    {
        int channel = 0;
        for (; channel + 64 <= head.PaddedHeadSize; channel += 64)
        {
            Accumulate<TLanes, TStored, Four>(head, channel, inverseSum);
        }

        if (channel + 32 <= head.PaddedHeadSize)
        {
            Accumulate<TLanes, TStored, Two>(head, channel, inverseSum);
            channel += 32;
        }

        if (channel < head.PaddedHeadSize)
        {
            Accumulate<TLanes, TStored, One>(head, channel, inverseSum);
        }
    }

    /// <summary>Writes the attention scores. A step of four keys is in one page. After the last key it repeats that key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        nint stride = head.PaddedHeadSize;
        float* query = head.Query;
        float* scores = head.AttentionScores;
        Vector128<float> scale = Vector128.Create(head.ScoreScale);
        int last = head.KeyCount - 1;
        int ahead = KeysAhead<StoredFloat>(head);
        for (int position = 0; position <= last; position += KeysPerStep)
        {
            PrefetchAhead<StoredFloat>(head, position, ahead);
            float* key0 = (float*)Row<StoredFloat>(head, head.KeyOffset, position);
            float* key1 = key0 + (Math.Min(1, last - position) * stride);
            float* key2 = key0 + (Math.Min(2, last - position) * stride);
            float* key3 = key0 + (Math.Min(3, last - position) * stride);
            TLanes sum0 = TLanes.Zero;
            TLanes sum1 = TLanes.Zero;
            TLanes sum2 = TLanes.Zero;
            TLanes sum3 = TLanes.Zero;
            for (nint i = 0; i < stride; i += PanelLayout.VirtualLanes)
            {
                TLanes queryLanes = TLanes.Load(query + i);
                sum0 = TLanes.FusedMultiplyAdd(queryLanes, TLanes.Load(key0 + i), sum0);
                sum1 = TLanes.FusedMultiplyAdd(queryLanes, TLanes.Load(key1 + i), sum1);
                sum2 = TLanes.FusedMultiplyAdd(queryLanes, TLanes.Load(key2 + i), sum2);
                sum3 = TLanes.FusedMultiplyAdd(queryLanes, TLanes.Load(key3 + i), sum3);
            }

            Vector128<float> sums = FourLanes.SumEach(
                TLanes.FoldSum(sum0), TLanes.FoldSum(sum1), TLanes.FoldSum(sum2), TLanes.FoldSum(sum3));
            (sums * scale).Store(scores + position);
        }
    }

    /// <summary>The weighted sum of the values for one, two or four times 16 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TLanes, TStored, TBlocks>(in AttentionHead head, int channel, float inverseSum)
        where TLanes : struct, ILanes<TLanes>
        where TStored : struct, IStored
        where TBlocks : struct, ICount
    {
        TLanes sum0 = TLanes.Zero;
        TLanes sum1 = TLanes.Zero;
        TLanes sum2 = TLanes.Zero;
        TLanes sum3 = TLanes.Zero;
        nint stride = (nint)head.PaddedHeadSize * TStored.Bytes;

        // Widening int8 values keeps the processor busy and the memory idle, so the next head's keys are prefetched meanwhile.
        nint quantizedKeys = AttentionHead.PositionsPerPage * (stride + sizeof(float));
        nint fromValueToNextKey = head.KeyOffset + quantizedKeys - head.ValueOffset;
        for (int first = 0; first < head.KeyCount; first += AttentionHead.PositionsPerPage)
        {
            byte* value = Row<TStored>(head, head.ValueOffset, first) + ((nint)channel * TStored.Bytes);
            float* end = head.AttentionScores + Math.Min(first + AttentionHead.PositionsPerPage, head.KeyCount);
            for (float* score = head.AttentionScores + first; score < end; score++)
            {
                if (Sse.IsSupported && TStored.Bytes == 1)
                {
                    Sse.Prefetch1(value + fromValueToNextKey);
                }

                TLanes weight = TLanes.Broadcast(score);
                sum0 = TLanes.FusedMultiplyAdd(weight, TStored.Load<TLanes>(value), sum0);
                if (TBlocks.Count >= 2)
                {
                    sum1 = TLanes.FusedMultiplyAdd(weight, TStored.Load<TLanes>(value + (16 * TStored.Bytes)), sum1);
                }

                if (TBlocks.Count >= 4)
                {
                    sum2 = TLanes.FusedMultiplyAdd(weight, TStored.Load<TLanes>(value + (32 * TStored.Bytes)), sum2);
                    sum3 = TLanes.FusedMultiplyAdd(weight, TStored.Load<TLanes>(value + (48 * TStored.Bytes)), sum3);
                }

                value += stride;
            }
        }

        TLanes inverse = TLanes.Broadcast(inverseSum);
        float* output = head.Output + channel;
        TLanes.Store(output, sum0 * inverse);
        if (TBlocks.Count >= 2)
        {
            TLanes.Store(output + 16, sum1 * inverse);
        }

        if (TBlocks.Count >= 4)
        {
            TLanes.Store(output + 32, sum2 * inverse);
            TLanes.Store(output + 48, sum3 * inverse);
        }
    }

    /// <summary>A position's first channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Row<TStored>(in AttentionHead head, nint offset, int position)
        where TStored : struct, IStored
    {
        byte* page = head.Pages[position / AttentionHead.PositionsPerPage];
        return page + offset + ((nint)(position % AttentionHead.PositionsPerPage) * head.PaddedHeadSize * TStored.Bytes);
    }

    /// <summary>How far ahead of a step to prefetch keys.</summary>
    public static int KeysAhead<TStored>(in AttentionHead head)
        where TStored : struct, IStored => BytesAhead / (head.PaddedHeadSize * TStored.Bytes);

    /// <summary>
    /// Prefetches keys a few steps ahead, and this step's values, which are needed after all keys have attention scores. A head's keys and values
    /// are a new short stream in every page, too short for the hardware prefetcher. .NET has no such instruction for ARM.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchAhead<TStored>(in AttentionHead head, int position, int ahead)
        where TStored : struct, IStored
    {
        if (Sse.IsSupported)
        {
            byte* key = Row<TStored>(head, head.KeyOffset, Math.Min(position + ahead, head.KeyCount - 1));
            byte* value = Row<TStored>(head, head.ValueOffset, position);
            nint bytes = (nint)KeysPerStep * head.PaddedHeadSize * TStored.Bytes;
            for (nint line = 0; line < bytes; line += CacheLineBytes)
            {
                Sse.Prefetch0(key + line);
                Sse.Prefetch1(value + line);
            }
        }
    }
}
