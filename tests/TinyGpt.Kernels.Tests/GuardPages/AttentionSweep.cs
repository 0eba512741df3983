using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Attention over up to three pages that hold exactly one head, in floats and quantized; and the quantization of a head.</summary>
internal static unsafe class AttentionSweep
{
    private const int LargestKeyCount = 130;
    private const int LargestHeadStride = 128;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        foreach (bool isQuantized in new[] { false, true })
        {
            RunAttention<TKernels>(record, isQuantized);
        }

        RunQuantization<TKernels>(record);
    }

    private static void RunAttention<TKernels>(CallRecord record, bool isQuantized)
        where TKernels : struct, IKernels
    {
        Random random = new(6);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            for (int headStride = 16; headStride <= LargestHeadStride; headStride += 16)
            {
                foreach (bool keysFirst in new[] { true, false })
                {
                    using GuardedHead head = new(random, headStride, keysFirst, isQuantized, edge);
                    for (int keys = 1; keys <= LargestKeyCount; keys++)
                    {
                        head.Append(random);
                        for (int queries = 1; queries <= Math.Min(keys, AttentionHead.MaxQueries); queries++)
                        {
                            string detail = $"{queries} queries, head stride {headStride}, {(keysFirst ? "keys" : "values")} first";
                            Compare<TKernels>(record, head, isQuantized, keys, queries, int.MaxValue, edge, detail);
                            if (keys % 9 == 0)
                            {
                                Compare<TKernels>(record, head, isQuantized, keys, queries, 1 + (keys / 2), edge, detail + ", half of them in the window");
                            }
                        }
                    }
                }
            }
        }
    }

    private static void Compare<TKernels>(
        CallRecord record, GuardedHead head, bool isQuantized, int keys, int queries, int window, GuardedEdge edge, string detail)
        where TKernels : struct, IKernels
    {
        using GuardedBuffer<float> scores = head.NewScores(queries);
        using GuardedBuffer<float> actual = head.NewOutput(queries);
        using GuardedBuffer<float> expected = head.NewOutput(queries);
        using GuardedBuffer<short> quantizedQueries = head.NewQuantizedQueries(queries);
        AttentionHead operands = head.Over(queries, scores, quantizedQueries, actual) with { Window = window };
        AttentionHead reference = head.Over(queries, scores, quantizedQueries, expected) with { Window = window };
        if (isQuantized)
        {
            record.Begin(nameof(IKernels.AttendQuantized), keys, edge, detail);
            TKernels.AttendQuantized(operands);
            record.AssertIntact(quantizedQueries, "quantized queries");
            record.BeginReference();
            ScalarKernels.AttendQuantized(reference);
        }
        else
        {
            record.Begin(nameof(IKernels.Attend), keys, edge, detail);
            TKernels.Attend(operands);
            record.BeginReference();
            ScalarKernels.Attend(reference);
        }

        record.AssertIntact(scores, "scores");
        record.AssertSameBits(expected, actual, "output");
        record.AssertNumbers(actual, "output");
    }

    private static void RunQuantization<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(7);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            for (int headStride = 16; headStride <= 1280; headStride += 16)
            {
                for (int kind = 0; kind < 6; kind++)
                {
                    using GuardedBuffer<float> source = new(headStride, edge);
                    FloatRows.Fill(random, source.Span, kind);
                    source.Seal();
                    using GuardedBuffer<sbyte> actual = new(headStride, edge);
                    using GuardedBuffer<sbyte> expected = new(headStride, edge);
                    using GuardedBuffer<float> actualScale = new(1, edge);
                    using GuardedBuffer<float> expectedScale = new(1, edge);
                    record.Begin(nameof(IKernels.QuantizeHead), headStride, edge, $"kind {kind}");
                    TKernels.QuantizeHead(source.Pointer, headStride, actual.Pointer, actualScale.Pointer);
                    record.BeginReference();
                    ScalarKernels.QuantizeHead(source.Pointer, headStride, expected.Pointer, expectedScale.Pointer);
                    record.AssertSameBits(expected, actual, "values");
                    record.AssertSameBits(expectedScale, actualScale, "scale");
                }
            }
        }
    }
}
