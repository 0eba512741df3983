using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void AttendQuantized(in AttentionHead head)
    {
        for (int query = 0; query < head.Queries; query++)
        {
            AttendQuantizedOne(
                head,
                head.Query + (query * head.QueryStride),
                head.QuantizedQueries + (query * head.PaddedHeadSize),
                head.FirstKey(query),
                head.KeyCount + query,
                head.AttentionScores + (query * head.AttentionScoresStride),
                head.Output + (query * head.OutputStride));
        }
    }

    /// <inheritdoc/>
    public static void QuantizeHead(float* source, int paddedHeadSize, sbyte* values, float* scale)
    {
        *scale = HeadScale(source, paddedHeadSize, out float inverse);
        for (int i = 0; i < paddedHeadSize; i++)
        {
            values[i] = (sbyte)MathF.Round(source[i] * inverse, MidpointRounding.ToEven);
        }
    }

    private static float HeadScale(float* source, int paddedHeadSize, out float inverse)
    {
        float largest = 0f;
        for (int i = 0; i < paddedHeadSize; i++)
        {
            float magnitude = MathF.Abs(source[i]);
            largest = magnitude > largest ? magnitude : largest;
        }

        bool isZero = largest < QuantizationConstants.MinMagnitude;
        inverse = isZero ? 0f : PanelLayout.MaxQuantized / largest;
        return isZero ? 0f : largest / PanelLayout.MaxQuantized;
    }

    private static void AttendQuantizedOne(
        in AttentionHead head, float* query, short* quantizedQuery, int first, int keys, float* scores, float* output)
    {
        float queryScale = HeadScale(query, head.PaddedHeadSize, out float inverse);
        for (int i = 0; i < head.PaddedHeadSize; i++)
        {
            quantizedQuery[i] = (short)MathF.Round(query[i] * inverse, MidpointRounding.ToEven);
        }

        float maximum = float.NegativeInfinity;
        for (int position = first; position < keys; position++)
        {
            sbyte* key = QuantizedRow(head, head.KeyOffset, position, out float keyScale);
            int dot = 0;
            for (int i = 0; i < head.PaddedHeadSize; i++)
            {
                dot += quantizedQuery[i] * key[i];
            }

            float score = dot * (keyScale * (queryScale * head.ScoreScale));
            scores[position] = score;
            maximum = score > maximum ? score : maximum;
        }

        float inverseSum = 1f / Softmax(scores, first, keys, maximum);

        for (int channel = 0; channel < head.PaddedHeadSize; channel++)
        {
            float accumulator = 0f;
            for (int position = first; position < keys; position++)
            {
                sbyte* value = QuantizedRow(head, head.ValueOffset, position, out float valueScale);
                accumulator = MathF.FusedMultiplyAdd(scores[position] * valueScale, value[channel], accumulator);
            }

            output[channel] = accumulator * inverseSum;
        }
    }

    private static sbyte* QuantizedRow(in AttentionHead head, nint offset, int position, out float scale)
    {
        byte* area = head.Pages[position / AttentionHead.PositionsPerPage] + offset;
        int slot = position % AttentionHead.PositionsPerPage;
        scale = ((float*)(area + (AttentionHead.PositionsPerPage * (nint)head.PaddedHeadSize)))[slot];
        return (sbyte*)area + ((nint)slot * head.PaddedHeadSize);
    }
}
