using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Arm64;

/// <content>Attention, embedding and what sampling needs.</content>
internal sealed unsafe partial class KernelComparison<TKernels>
{
    private const int MostLogits = 1500;
    private const int Pages = 4;

    private static ReadOnlySpan<float> SpecialValues => [0f, -0f, 1f, 1f, float.NaN, float.NegativeInfinity, -1f, 2f];

    private bool Attend(int round, int window = int.MaxValue)
    {
        int headStride = ((round % 8) + 1) * PanelLayout.OutputsPerPanel;
        int keys = (round % 200) + 1;
        int headBytes = AttentionHead.PositionsPerPage * headStride * sizeof(float);
        byte** pages = (byte**)_memory.Take(Pages * sizeof(byte*));
        for (int page = Pages - 1; page >= 0; page--) // not in the order of their addresses
        {
            pages[page] = (byte*)TakeFilled(3 * AttentionHead.PositionsPerPage * headStride, 0);
        }

        AttentionHead head = TakeQueries(round, headStride, keys) with
        {
            Pages = pages,
            Window = window,
            KeyOffset = 0,
            ValueOffset = 2 * headBytes, // another head's are between
        };
        Results results = _memory.TakeResults(head.Queries * headStride * sizeof(float));
        ScalarKernels.Attend(head with { Output = (float*)results.Expected });
        TKernels.Attend(head with { Output = (float*)results.Actual });
        return Compare(results);
    }

    private bool AttendQuantized(int round, int window = int.MaxValue)
    {
        int headStride = ((round % 8) + 1) * PanelLayout.OutputsPerPanel;
        int keys = (round % 200) + 1;
        int headBytes = AttentionHead.PositionsPerPage * (headStride + sizeof(float)); // a position's channels and its scale
        byte** pages = (byte**)_memory.Take(Pages * sizeof(byte*));
        for (int page = Pages - 1; page >= 0; page--)
        {
            pages[page] = (byte*)_memory.Take(3 * headBytes);
            QuantizePositions(pages[page], headStride);
            QuantizePositions(pages[page] + (2 * headBytes), headStride);
        }

        AttentionHead head = TakeQueries(round, headStride, keys) with
        {
            Pages = pages,
            Window = window,
            KeyOffset = 0,
            ValueOffset = 2 * headBytes,
            QuantizedQueries = (short*)_memory.Take(AttentionHead.MaxQueries * headStride * sizeof(short)),
        };
        Results results = _memory.TakeResults(head.Queries * headStride * sizeof(float));
        ScalarKernels.AttendQuantized(head with { Output = (float*)results.Expected });
        TKernels.AttendQuantized(head with { Output = (float*)results.Actual });
        return Compare(results);
    }

    private bool QuantizeHead(int round)
    {
        int headStride = ((round % 8) + 1) * PanelLayout.OutputsPerPanel;
        float* source = TakeFilled(headStride, round);
        Results values = _memory.TakeResults(headStride);
        Results scale = _memory.TakeResults(sizeof(float));
        ScalarKernels.QuantizeHead(source, headStride, (sbyte*)values.Expected, (float*)scale.Expected);
        TKernels.QuantizeHead(source, headStride, (sbyte*)values.Actual, (float*)scale.Actual);
        bool areSame = Compare(values);
        return Compare(scale) && areSame;
    }

    /// <summary>Fills one head's keys or values of a page, as the reference quantizes them.</summary>
    private void QuantizePositions(byte* head, int headStride)
    {
        float* scales = (float*)(head + (AttentionHead.PositionsPerPage * headStride));
        float* source = TakeFilled(AttentionHead.PositionsPerPage * headStride, 0);
        for (int position = 0; position < AttentionHead.PositionsPerPage; position++)
        {
            int first = position * headStride;
            ScalarKernels.QuantizeHead(source + first, headStride, (sbyte*)head + first, scales + position);
        }
    }

    /// <summary>One to four queries, with everything but the pages and the results.</summary>
    private AttentionHead TakeQueries(int round, int headStride, int keys)
    {
        int queries = (round % AttentionHead.MaxQueries) + 1;
        int scoresStride = PanelLayout.PaddedInputs(keys + queries);
        return new AttentionHead
        {
            Queries = queries,
            Query = TakeFilled(queries * headStride, 0),
            QueryStride = headStride,
            KeyCount = keys,
            PaddedHeadSize = headStride,
            ScoreScale = round % 3 == 0 ? 2f : 0.125f,
            AttentionScores = _memory.TakeFloats(queries * scoresStride),
            AttentionScoresStride = scoresStride,
            OutputStride = headStride,
        };
    }

    private bool Embed(int round)
    {
        int tokens = _numbers.Next(1, 40);
        int columns = round < 130 ? round + 1 : _numbers.Next(130, 800);
        PackedMatrix embedding = TakeMatrix(tokens, columns, extreme: round % 5 == 0);
        float* position = round % 2 == 0 ? null : TakePadded(columns, 0);
        int token = _numbers.Next(tokens);
        Results results = _memory.TakeResults(PanelLayout.PaddedInputs(columns) * sizeof(float));
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
