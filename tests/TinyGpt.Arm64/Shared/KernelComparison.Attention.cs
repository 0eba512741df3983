using TinyGpt.Kernels;

namespace TinyGpt.Arm64;

/// <content>Attention, embedding and what sampling needs.</content>
internal sealed unsafe partial class KernelComparison<TKernels>
{
    private const int MostLogits = 1500;

    private static ReadOnlySpan<float> SpecialValues => [0f, -0f, 1f, 1f, float.NaN, float.NegativeInfinity, -1f, 2f];

    private bool Attend(int round)
    {
        const int Pages = 4;

        int headStride = ((round % 8) + 1) * PanelLayout.RowsPerPanel;
        int keys = (round % 200) + 1;
        int headBytes = AttentionHead.PositionsPerPage * headStride * sizeof(float);
        byte** pages = (byte**)_memory.Take(Pages * sizeof(byte*));
        for (int page = Pages - 1; page >= 0; page--) // not in the order of their addresses
        {
            pages[page] = (byte*)TakeFilled(3 * AttentionHead.PositionsPerPage * headStride, 0);
        }

        float* query = TakeFilled(headStride, 0);
        float* scores = _memory.TakeFloats(PanelLayout.PaddedColumns(keys));
        Results results = _memory.TakeResults(headStride * sizeof(float));
        AttentionHead head = new()
        {
            Query = query,
            Pages = pages,
            KeyOffset = 0,
            ValueOffset = 2 * headBytes, // another head's lies between
            KeyCount = keys,
            HeadStride = headStride,
            ScoreScale = round % 3 == 0 ? 2f : 0.125f,
            Scores = scores,
            Output = (float*)results.Expected,
        };
        ScalarKernels.Attend(head);
        TKernels.Attend(head with { Output = (float*)results.Actual });
        return Compare(results);
    }

    private bool Embed(int round)
    {
        int tokens = _numbers.Next(1, 40);
        int columns = round < 130 ? round + 1 : _numbers.Next(130, 800);
        PackedMatrix embedding = TakeMatrix(tokens, columns, extreme: round % 5 == 0);
        float* position = round % 2 == 0 ? null : TakePadded(columns, 0);
        int token = _numbers.Next(tokens);
        Results results = _memory.TakeResults(PanelLayout.PaddedColumns(columns) * sizeof(float));
        ScalarKernels.Embed(embedding, token, position, (float*)results.Expected);
        TKernels.Embed(embedding, token, position, (float*)results.Actual);
        return Compare(results);
    }

    private bool ArgMax(int round)
    {
        int count = round % 50 == 49 ? MostLogits : (round % 200) + 1;
        float* values = _memory.TakeFloats(count + 1) + (round % 2); // any alignment
        for (int i = 0; i < count; i++)
        {
            values[i] = round % 3 == 0 ? _numbers.NextFloat() : SpecialValues[_numbers.Next(SpecialValues.Length)];
        }

        if (round % 12 == 0)
        {
            new Span<float>(values, count).Fill(float.NaN);
        }

        Results results = _memory.TakeResults(sizeof(int));
        *(int*)results.Expected = ScalarKernels.ArgMax(values, count);
        *(int*)results.Actual = TKernels.ArgMax(values, count);
        return Compare(results);
    }

    private bool SoftmaxWeights(int round)
    {
        if (round == 0)
        {
            return EveryExponent();
        }

        int count = round % 50 == 49 ? MostLogits : (round % 150) + 1;
        float* logits = TakeFilled(count, round);
        logits[_numbers.Next(count)] = round % 4 == 0 ? float.NegativeInfinity : 1f;
        float maximum = logits[ScalarKernels.ArgMax(logits, count)];
        float inverseTemperature = SeededNumbers.PowerOfTwo(_numbers.Next(-4, 4)) * (1.5f + (0.5f * _numbers.NextFloat()));
        return CompareWeights(logits, count, maximum, inverseTemperature);
    }

    /// <summary>All bit patterns of finite floats, evenly spread, through the exponential.</summary>
    private bool EveryExponent()
    {
        const int Count = 200_003;
        const uint Step = 21_001;

        float* logits = _memory.TakeFloats(Count);
        for (int i = 0; i < Count; i++)
        {
            float value = BitConverter.UInt32BitsToSingle((uint)i * Step);
            logits[i] = float.IsFinite(value) ? value : (i / 1024f) - 100f;
        }

        return CompareWeights(logits, Count, 0f, 1f);
    }

    private bool CompareWeights(float* logits, int count, float maximum, float inverseTemperature)
    {
        Results results = _memory.TakeResults(count * sizeof(float));
        ScalarKernels.SoftmaxWeights(logits, count, maximum, inverseTemperature, (float*)results.Expected);
        TKernels.SoftmaxWeights(logits, count, maximum, inverseTemperature, (float*)results.Actual);
        return Compare(results);
    }
}
