using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// The two operations on rows of any length and alignment. A row without padding that ends at a page's end starts at any float; gaps of
/// one to three bytes give the addresses between.
/// </summary>
internal static unsafe class SamplingSweep
{
    private const int Gaps = sizeof(float);

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(5);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int count in SweptLengths.FromOne)
            {
                for (int gap = 0; gap < Gaps; gap++)
                {
                    using GuardedBuffer<float> values = new(count, edge, gap);
                    FloatRows.Fill(random, values.Span, 0);
                    CompareArgMax<TKernels>(record, values, edge, $"gap {gap}");
                    CompareSoftmax<TKernels>(record, values, edge, gap);
                    values.Unseal();
                    values.Span[count - 1] = 100f;
                    CompareArgMax<TKernels>(record, values, edge, $"gap {gap}, largest last");
                    values.Unseal();
                    values.Span.Fill(float.NaN);
                    CompareArgMax<TKernels>(record, values, edge, $"gap {gap}, no number");
                }
            }
        }
    }

    private static void CompareArgMax<TKernels>(CallRecord record, GuardedBuffer<float> values, GuardedEdge edge, string detail)
        where TKernels : struct, IKernels
    {
        values.Seal();
        record.Begin(nameof(IKernels.ArgMax), values.Length, edge, detail);
        int actual = TKernels.ArgMax(values.Pointer, values.Length);
        record.BeginReference();
        record.AssertSame(ScalarKernels.ArgMax(values.Pointer, values.Length), actual);
    }

    private static void CompareSoftmax<TKernels>(CallRecord record, GuardedBuffer<float> logits, GuardedEdge edge, int gap)
        where TKernels : struct, IKernels
    {
        const float InverseTemperature = 1.25f;

        int count = logits.Length;
        float maximum = logits.Span[ScalarKernels.ArgMax(logits.Pointer, count)];
        using GuardedBuffer<float> actual = new(count, edge, gap);
        using GuardedBuffer<float> expected = new(count, edge, gap);
        record.Begin(nameof(IKernels.SoftmaxWeights), count, edge, $"gap {gap}");
        TKernels.SoftmaxWeights(logits.Pointer, count, maximum, InverseTemperature, actual.Pointer);
        record.BeginReference();
        ScalarKernels.SoftmaxWeights(logits.Pointer, count, maximum, InverseTemperature, expected.Pointer);
        record.AssertSameBits(expected, actual, "weights");

        using GuardedBuffer<float> inPlace = new(count, edge, gap);
        logits.Span.CopyTo(inPlace.Span);
        record.Begin(nameof(IKernels.SoftmaxWeights), count, edge, $"gap {gap}, in place");
        TKernels.SoftmaxWeights(inPlace.Pointer, count, maximum, InverseTemperature, inPlace.Pointer);
        record.AssertSameBits(expected, inPlace, "weights");
    }
}
