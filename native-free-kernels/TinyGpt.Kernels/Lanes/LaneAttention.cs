using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels;

/// <summary>
/// Attention of one query over paged keys and values. Scores: one lane a channel (mod 16), four keys at a time so that the ends of
/// their sum trees share vectors. Softmax: one lane a key (mod 16). Values: one lane a channel, keys ascending.
/// </summary>
internal static unsafe class LaneAttention
{
    private const int KeysPerStep = 4;
    private const int KeysAhead = 16;
    private const int CacheLineBytes = 64;

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
        float inverseSum = 1f / LaneSoftmax.Softmax<TLanes>(head.Scores, head.KeyCount);

        int channel = 0;
        for (; channel + 64 <= head.HeadStride; channel += 64)
        {
            Accumulate<TLanes, Four>(head, channel, inverseSum);
        }

        if (channel + 32 <= head.HeadStride)
        {
            Accumulate<TLanes, Two>(head, channel, inverseSum);
            channel += 32;
        }

        if (channel < head.HeadStride)
        {
            Accumulate<TLanes, One>(head, channel, inverseSum);
        }
    }

    /// <summary>Writes the scores. A step of four keys lies in one page; behind the last key it repeats that key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        nint stride = head.HeadStride;
        float* query = head.Query;
        float* scores = head.Scores;
        Vector128<float> scale = Vector128.Create(head.ScoreScale);
        int last = head.KeyCount - 1;
        for (int position = 0; position <= last; position += KeysPerStep)
        {
            PrefetchAhead(head, position);
            float* key0 = Row(head, head.KeyOffset, position);
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

    /// <summary>
    /// Asks for keys a few steps ahead, and for this step's values, which are wanted once all keys are scored. A head's keys and values
    /// are a new short stream in every page, too short for the processor to find out by itself; .NET has no such instruction for ARM.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAhead(in AttentionHead head, int position)
    {
        if (Sse.IsSupported)
        {
            byte* key = (byte*)Row(head, head.KeyOffset, Math.Min(position + KeysAhead, head.KeyCount - 1));
            byte* value = (byte*)Row(head, head.ValueOffset, position);
            nint bytes = (nint)KeysPerStep * head.HeadStride * sizeof(float);
            for (nint line = 0; line < bytes; line += CacheLineBytes)
            {
                Sse.Prefetch0(key + line);
                Sse.Prefetch1(value + line);
            }
        }
    }

    /// <summary>The weighted sum of the values for one, two or four times 16 channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TLanes, TBlocks>(in AttentionHead head, int channel, float inverseSum)
        where TLanes : struct, ILanes<TLanes>
        where TBlocks : struct, ICount
    {
        TLanes sum0 = TLanes.Zero;
        TLanes sum1 = TLanes.Zero;
        TLanes sum2 = TLanes.Zero;
        TLanes sum3 = TLanes.Zero;
        nint stride = head.HeadStride;
        for (int first = 0; first < head.KeyCount; first += AttentionHead.PositionsPerPage)
        {
            float* value = Row(head, head.ValueOffset, first) + channel;
            float* end = head.Scores + Math.Min(first + AttentionHead.PositionsPerPage, head.KeyCount);
            for (float* score = head.Scores + first; score < end; score++)
            {
                TLanes weight = TLanes.Broadcast(score);
                sum0 = TLanes.FusedMultiplyAdd(weight, TLanes.Load(value), sum0);
                if (TBlocks.Count >= 2)
                {
                    sum1 = TLanes.FusedMultiplyAdd(weight, TLanes.Load(value + 16), sum1);
                }

                if (TBlocks.Count >= 4)
                {
                    sum2 = TLanes.FusedMultiplyAdd(weight, TLanes.Load(value + 32), sum2);
                    sum3 = TLanes.FusedMultiplyAdd(weight, TLanes.Load(value + 48), sum3);
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
    public static float* Row(in AttentionHead head, nint offset, int position)
    {
        byte* page = head.Pages[position / AttentionHead.PositionsPerPage];
        return (float*)(page + offset) + ((nint)(position % AttentionHead.PositionsPerPage) * head.HeadStride);
    }
}
