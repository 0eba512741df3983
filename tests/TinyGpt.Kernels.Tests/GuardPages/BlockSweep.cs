using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>RMS norm, norms after sums, sums, norms of heads and rotations, in rows and heads of exactly the length that the contract asks for.</summary>
internal static unsafe class BlockSweep
{
    private const float Epsilon = 1e-5f;
    private const int LargestHeadSize = 256;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(8);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int width in SweptLengths.FromOne)
            {
                using GuardedBuffer<float> addend = GuardedFloats.SealedPadded(random, width, edge, kind: width);
                using GuardedBuffer<float> gain = GuardedFloats.SealedPadded(random, width, edge);
                using GuardedBuffer<float> bias = GuardedFloats.SealedPadded(random, width, edge);
                foreach ((int rows, int row) in SweptLengths.Rows)
                {
                    CompareRmsNorm<TKernels>(record, random, width, addend.Pointer, gain.Pointer, (rows, row), edge);
                    CompareRmsNorm<TKernels>(record, random, width, null, gain.Pointer, (rows, row), edge);
                    CompareSums<TKernels>(record, random, width, addend.Pointer, gain.Pointer, bias.Pointer, kind: width, edge);
                    CompareSums<TKernels>(record, random, width, addend.Pointer, gain.Pointer, bias.Pointer, kind: 0, edge);
                }
            }

            for (int size = 1; size <= LargestHeadSize; size++)
            {
                CompareHeads<TKernels>(record, random, size, edge);
            }
        }
    }

    private static void CompareRmsNorm<TKernels>(
        CallRecord record, Random random, int width, float* addend, float* gain, (int Count, int Destination) rows, GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        using GuardedBuffer<float> actualResidual = GuardedFloats.Padded(random, width, edge, kind: width);
        using GuardedBuffer<float> expectedResidual = Copy(actualResidual, edge);
        int groups = PanelLayout.Groups(width);
        using GuardedRows actual = new(rows.Count, groups, edge);
        using GuardedRows expected = new(rows.Count, groups, edge);
        record.Begin(
            nameof(IKernels.AddRmsNormalizeQuantize),
            width,
            edge,
            $"row {rows.Destination} of {rows.Count}, {(addend == null ? "no addend" : "addend")}");
        TKernels.AddRmsNormalizeQuantize(actualResidual.Pointer, addend, width, gain, Epsilon, actual.View, rows.Destination);
        record.BeginReference();
        ScalarKernels.AddRmsNormalizeQuantize(expectedResidual.Pointer, addend, width, gain, Epsilon, expected.View, rows.Destination);
        record.AssertSameBits(expectedResidual, actualResidual, "residual");
        actual.AssertSameBits(expected, record);
    }

    private static void CompareSums<TKernels>(
        CallRecord record, Random random, int width, float* addend, float* gain, float* bias, int kind, GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        using GuardedBuffer<float> actual = GuardedFloats.Padded(random, width, edge, kind);
        using GuardedBuffer<float> expected = Copy(actual, edge);
        record.Begin(nameof(IKernels.Add), width, edge, "in place");
        TKernels.Add(actual.Pointer, addend, width);
        record.BeginReference();
        ScalarKernels.Add(expected.Pointer, addend, width);
        record.AssertSameBits(expected, actual, "sum");

        record.Begin(nameof(IKernels.AddNormalize), width, edge, "in place");
        TKernels.AddNormalize(actual.Pointer, addend, width, gain, bias, Epsilon);
        record.BeginReference();
        ScalarKernels.AddNormalize(expected.Pointer, addend, width, gain, bias, Epsilon);
        record.AssertSameBits(expected, actual, "residual");
    }

    private static void CompareHeads<TKernels>(CallRecord record, Random random, int size, GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        int stride = PanelLayout.PaddedOutputs(size);
        for (int kind = 0; kind < 6; kind++)
        {
            using GuardedBuffer<float> actual = new(stride, edge);
            using GuardedBuffer<float> gain = new(stride, edge);
            using GuardedBuffer<float> sines = new(stride, edge);
            actual.Span.Clear();
            gain.Span.Clear();
            FloatRows.Fill(random, actual.Span[..size], kind);
            FloatRows.Fill(random, gain.Span[..size], 0);
            FloatRows.Fill(random, sines.Span, 0);
            gain.Seal();
            sines.Seal();
            using GuardedBuffer<float> expected = Copy(actual, edge);
            record.Begin(nameof(IKernels.NormalizeHead), size, edge, $"kind {kind}");
            TKernels.NormalizeHead(actual.Pointer, size, gain.Pointer, Epsilon);
            record.BeginReference();
            ScalarKernels.NormalizeHead(expected.Pointer, size, gain.Pointer, Epsilon);
            record.AssertSameBits(expected, actual, "head");

            record.Begin(nameof(IKernels.Rotate), stride, edge, $"kind {kind}");
            TKernels.Rotate(actual.Pointer, gain.Pointer, sines.Pointer, stride);
            record.BeginReference();
            ScalarKernels.Rotate(expected.Pointer, gain.Pointer, sines.Pointer, stride);
            record.AssertSameBits(expected, actual, "head");
        }
    }

    private static GuardedBuffer<float> Copy(GuardedBuffer<float> source, GuardedEdge edge)
    {
        GuardedBuffer<float> copy = new(source.Length, edge);
        source.Span.CopyTo(copy.Span);
        return copy;
    }
}
