using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Layer norm of every width in rows of exactly the padded length.</summary>
internal static unsafe class LayerNormSweep
{
    private const float Epsilon = 1e-5f;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(3);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int width in SweptLengths.FromOne)
            {
                using GuardedBuffer<float> addend = GuardedFloats.SealedPadded(random, width, edge, kind: width);
                using GuardedBuffer<float> gain = GuardedFloats.SealedPadded(random, width, edge);
                using GuardedBuffer<float> bias = GuardedFloats.SealedPadded(random, width, edge);
                foreach ((int rows, int row) in SweptLengths.Rows)
                {
                    Compare<TKernels>(record, random, width, addend.Pointer, gain.Pointer, bias.Pointer, (rows, row), edge);
                    Compare<TKernels>(record, random, width, null, gain.Pointer, bias.Pointer, (rows, row), edge);
                }
            }
        }
    }

    private static void Compare<TKernels>(
        CallRecord record,
        Random random,
        int width,
        float* addend,
        float* gain,
        float* bias,
        (int Count, int Destination) rows,
        GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        using GuardedBuffer<float> actualResidual = GuardedFloats.Padded(random, width, edge, kind: width);
        using GuardedBuffer<float> expectedResidual = new(actualResidual.Length, edge);
        actualResidual.Span.CopyTo(expectedResidual.Span);
        int groups = PanelLayout.Groups(width);
        using GuardedRows actual = new(rows.Count, groups, edge);
        using GuardedRows expected = new(rows.Count, groups, edge);
        record.Begin(
            nameof(IKernels.AddNormalizeQuantize),
            width,
            edge,
            $"row {rows.Destination} of {rows.Count}, {(addend == null ? "no addend" : "addend")}");
        TKernels.AddNormalizeQuantize(
            actualResidual.Pointer, addend, width, gain, bias, Epsilon, actual.View, rows.Destination);
        record.BeginReference();
        ScalarKernels.AddNormalizeQuantize(
            expectedResidual.Pointer, addend, width, gain, bias, Epsilon, expected.View, rows.Destination);
        record.AssertSameBits(expectedResidual, actualResidual, "residual");
        actual.AssertSameBits(expected, record);
    }
}
