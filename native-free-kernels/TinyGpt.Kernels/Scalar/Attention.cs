using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void Attend(in AttentionHead head)
    {
        for (int query = 0; query < head.Queries; query++)
        {
            AttendOne(
                head,
                head.Query + (query * head.QueryStride),
                head.FirstKey(query),
                head.KeyCount + query,
                head.AttentionScores + (query * head.AttentionScoresStride),
                head.Output + (query * head.OutputStride));
        }
    }

    private static void AttendOne(in AttentionHead head, float* query, int first, int keys, float* scores, float* output)
    {
        float* lanes = stackalloc float[PanelLayout.VirtualLanes];

        float maximum = float.NegativeInfinity;
        for (int position = first; position < keys; position++)
        {
            float* key = Row(head, head.KeyOffset, position);
            new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
            for (int i = 0; i < head.PaddedHeadSize; i++)
            {
                ref float lane = ref lanes[i % PanelLayout.VirtualLanes];
                lane = MathF.FusedMultiplyAdd(query[i], key[i], lane);
            }

            float score = SumLanes(lanes) * head.ScoreScale;
            scores[position] = score;
            maximum = score > maximum ? score : maximum;
        }

        float inverseSum = 1f / Softmax(scores, first, keys, maximum);

        for (int channel = 0; channel < head.PaddedHeadSize; channel++)
        {
            float accumulator = 0f;
            for (int position = first; position < keys; position++)
            {
                float* value = Row(head, head.ValueOffset, position);
                accumulator = MathF.FusedMultiplyAdd(scores[position], value[channel], accumulator);
            }

            output[channel] = accumulator * inverseSum;
        }
    }

    /// <summary>Turns attention scores into e^(score - maximum) and returns their sum.</summary>
    private static float Softmax(float* scores, int first, int keys, float maximum)
    {
        float* lanes = stackalloc float[PanelLayout.VirtualLanes];
        new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
        for (int position = first; position < keys; position++)
        {
            float weight = Exponential(scores[position] - maximum);
            scores[position] = weight;
            lanes[position % PanelLayout.VirtualLanes] += weight;
        }

        return SumLanes(lanes);
    }

    private static float* Row(in AttentionHead head, nint offset, int position)
    {
        byte* page = head.Pages[position / AttentionHead.PositionsPerPage];
        return (float*)(page + offset) + ((nint)(position % AttentionHead.PositionsPerPage) * head.PaddedHeadSize);
    }
}
