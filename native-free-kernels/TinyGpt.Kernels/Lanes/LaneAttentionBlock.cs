using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// Attention of two to four queries of consecutive positions. Every key and value is loaded once for all of them, and each query goes through
/// the operations that <see cref="LaneAttention"/> has for one. If a step has room for more queries than there are, it repeats the last
/// one, and so computes and writes the same numbers twice.
/// </summary>
internal static unsafe class LaneAttentionBlock
{
    private const int KeysPerStep = 2;
    private const int QueriesPerStep = 2;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Attend<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        Score<TLanes>(head);
        float* inverseSums = stackalloc float[AttentionHead.MaxQueries];
        for (int query = 0; query < head.Queries; query++)
        {
            float* scores = head.AttentionScores + (query * head.AttentionScoresStride);
            inverseSums[query] = 1f / LaneSoftmax.Softmax<TLanes>(scores, head.FirstKey(query), head.KeyCount + query);
        }

        Accumulate<TLanes, StoredFloat>(head, inverseSums);
    }

    /// <summary>The outputs of all queries from their weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Accumulate<TLanes, TStored>(in AttentionHead head, float* inverseSums)
        where TLanes : struct, ILanes<TLanes>
        where TStored : struct, IStored
    {
        for (int first = 0; first < head.KeyCount; first += AttentionHead.PositionsPerPage)
        {
            int count = Math.Min(AttentionHead.PositionsPerPage, head.KeyCount - first);
            for (int channel = 0; channel < head.PaddedHeadSize; channel += PanelLayout.VirtualLanes)
            {
                Accumulate<TLanes, TStored>(head, first, count, channel);
            }
        }

        for (int query = 0; query < head.Queries; query++)
        {
            Finish<TLanes, TStored>(head, query, inverseSums[query]);
        }
    }

    /// <summary>
    /// Writes the attention scores of all queries for all keys of the last one. The softmax overwrites those of a query's future. One lane a channel
    /// (mod 16). A step of two keys is in one page. After the last key it repeats that key.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Score<TLanes>(in AttentionHead head)
        where TLanes : struct, ILanes<TLanes>
    {
        nint stride = head.PaddedHeadSize;
        Vector128<float> scale = Vector128.Create(head.ScoreScale);
        int last = head.KeyCount + head.Queries - 2;
        for (int position = 0; position <= last; position += KeysPerStep)
        {
            float* key0 = (float*)LaneAttention.Row<StoredFloat>(head, head.KeyOffset, position);
            float* key1 = key0 + (Math.Min(1, last - position) * stride);
            for (int query = 0; query < head.Queries; query += QueriesPerStep)
            {
                int next = Math.Min(query + 1, head.Queries - 1);
                float* query0 = head.Query + (query * head.QueryStride);
                float* query1 = head.Query + (next * head.QueryStride);
                TLanes sum00 = TLanes.Zero;
                TLanes sum01 = TLanes.Zero;
                TLanes sum10 = TLanes.Zero;
                TLanes sum11 = TLanes.Zero;
                for (nint i = 0; i < stride; i += PanelLayout.VirtualLanes)
                {
                    TLanes query0Lanes = TLanes.Load(query0 + i);
                    TLanes query1Lanes = TLanes.Load(query1 + i);
                    TLanes keyLanes = TLanes.Load(key0 + i);
                    sum00 = TLanes.FusedMultiplyAdd(query0Lanes, keyLanes, sum00);
                    sum10 = TLanes.FusedMultiplyAdd(query1Lanes, keyLanes, sum10);
                    keyLanes = TLanes.Load(key1 + i);
                    sum01 = TLanes.FusedMultiplyAdd(query0Lanes, keyLanes, sum01);
                    sum11 = TLanes.FusedMultiplyAdd(query1Lanes, keyLanes, sum11);
                }

                Vector128<float> sums = FourLanes.SumEach(
                    TLanes.FoldSum(sum00), TLanes.FoldSum(sum01), TLanes.FoldSum(sum10), TLanes.FoldSum(sum11));
                Vector128<double> pairs = (sums * scale).AsDouble();
                *(double*)(head.AttentionScores + (query * head.AttentionScoresStride) + position) = pairs.ToScalar();
                *(double*)(head.AttentionScores + (next * head.AttentionScoresStride) + position) = pairs.GetElement(1);
            }
        }
    }

    /// <summary>
    /// Adds one page's weighted values, keys ascending, to 16 channels of all outputs, which hold the sums so far. A page of values stays
    /// in the first-level cache from one 16 channels to the next.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Accumulate<TLanes, TStored>(in AttentionHead head, int first, int count, int channel)
        where TLanes : struct, ILanes<TLanes>
        where TStored : struct, IStored
    {
        nint last = head.Queries - 1;
        float* output0 = head.Output + channel;
        float* output1 = output0 + (Math.Min(1, last) * head.OutputStride);
        float* output2 = output0 + (Math.Min(2, last) * head.OutputStride);
        float* output3 = output0 + (last * head.OutputStride);
        float* score = head.AttentionScores + first;
        nint score1 = Math.Min(1, last) * head.AttentionScoresStride;
        nint score2 = Math.Min(2, last) * head.AttentionScoresStride;
        nint score3 = last * head.AttentionScoresStride;
        TLanes sum0 = first == 0 ? TLanes.Zero : TLanes.Load(output0);
        TLanes sum1 = first == 0 ? TLanes.Zero : TLanes.Load(output1);
        TLanes sum2 = first == 0 ? TLanes.Zero : TLanes.Load(output2);
        TLanes sum3 = first == 0 ? TLanes.Zero : TLanes.Load(output3);
        nint stride = (nint)head.PaddedHeadSize * TStored.Bytes;
        byte* value = LaneAttention.Row<TStored>(head, head.ValueOffset, first) + ((nint)channel * TStored.Bytes);
        for (float* end = score + count; score < end; score++)
        {
            TLanes valueLanes = TStored.Load<TLanes>(value);
            sum0 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(score), valueLanes, sum0);
            sum1 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(score + score1), valueLanes, sum1);
            sum2 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(score + score2), valueLanes, sum2);
            sum3 = TLanes.FusedMultiplyAdd(TLanes.Broadcast(score + score3), valueLanes, sum3);
            value += stride;
        }

        TLanes.Store(output0, sum0);
        TLanes.Store(output1, sum1);
        TLanes.Store(output2, sum2);
        TLanes.Store(output3, sum3);
    }

    /// <summary>Adds the values that a query sees and the first one does not, at most three, and divides by the sum of the weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Finish<TLanes, TStored>(in AttentionHead head, int query, float inverseSum)
        where TLanes : struct, ILanes<TLanes>
        where TStored : struct, IStored
    {
        float* output = head.Output + (query * head.OutputStride);
        float* scores = head.AttentionScores + (query * head.AttentionScoresStride);
        TLanes inverse = TLanes.Broadcast(inverseSum);
        for (int channel = 0; channel < head.PaddedHeadSize; channel += PanelLayout.VirtualLanes)
        {
            TLanes sum = TLanes.Load(output + channel);
            for (int position = head.KeyCount; position < head.KeyCount + query; position++)
            {
                byte* value = LaneAttention.Row<TStored>(head, head.ValueOffset, position) + ((nint)channel * TStored.Bytes);
                sum = TLanes.FusedMultiplyAdd(TLanes.Broadcast(scores + position), TStored.Load<TLanes>(value), sum);
            }

            TLanes.Store(output + channel, sum * inverse);
        }
    }
}
