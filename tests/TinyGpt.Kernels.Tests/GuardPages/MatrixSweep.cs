using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Matrix products of every tile height, with outputs that end with the last row's last panel.</summary>
internal static unsafe class MatrixSweep
{
    /// <summary>More floats between rows than the panels need, and not a whole number of vectors.</summary>
    private const int Slack = 5;

    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
        {
            Run<TKernels>(record, precision);
        }
    }

    private static void Run<TKernels>(CallRecord record, WeightPrecision precision)
        where TKernels : struct, IKernels
    {
        Random random = new(1);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int groups in new[] { 1, 2, 3, 4, 12 })
            {
                for (int panels = 1; panels <= 3; panels++)
                {
                    using GuardedMatrix weights = new(
                        random, (panels * 16) - random.Next(16), (groups * 64) - random.Next(64), edge, precision);
                    for (int rows = 1; rows <= 13; rows++)
                    {
                        Multiply<TKernels>(record, random, weights.View, rows, edge);
                    }
                }
            }

            using GuardedMatrix wide = new(random, 16, 3072, edge, precision);
            foreach (int rows in new[] { 1, 6, 13 })
            {
                Multiply<TKernels>(record, random, wide.View, rows, edge);
            }
        }
    }

    private static void Multiply<TKernels>(CallRecord record, Random random, in PackedMatrix weights, int rows, GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        using GuardedRows activations = GuardedRows.Random(random, rows, weights.Groups, edge);
        using GuardedBuffer<float> bias = new(weights.Panels * PanelLayout.OutputsPerPanel, edge);
        FloatRows.Fill(random, bias.Span, 0);
        bias.Seal();
        foreach (int slack in new[] { 0, Slack })
        {
            Compare<TKernels>(record, weights, activations.View, bias.Pointer, slack, 0, weights.Panels, edge);
            Compare<TKernels>(record, weights, activations.View, null, slack, 0, weights.Panels, edge);
        }

        Compare<TKernels>(record, weights, activations.View, bias.Pointer, 0, weights.Panels - 1, 1, edge);
        Compare<TKernels>(record, weights, activations.View, bias.Pointer, 0, 0, 0, edge);
    }

    private static void Compare<TKernels>(
        CallRecord record,
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        int slack,
        int firstPanel,
        int panelCount,
        GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        int outputs = weights.Panels * PanelLayout.OutputsPerPanel;
        int stride = outputs + slack;
        int length = ((activations.Tokens - 1) * stride) + outputs;
        using GuardedBuffer<float> actual = new(length, edge);
        using GuardedBuffer<float> expected = new(length, edge);
        record.Begin(
            nameof(IKernels.MultiplyPanels),
            weights.Inputs,
            edge,
            $"{weights.Precision}, {activations.Tokens} rows, {weights.Groups} groups, panels {firstPanel} + {panelCount} of {weights.Panels}, "
            + $"stride {stride}, {(bias == null ? "no bias" : "bias")}");
        TKernels.MultiplyPanels(weights, activations, bias, actual.Pointer, stride, firstPanel, panelCount);
        record.BeginReference();
        ScalarKernels.MultiplyPanels(weights, activations, bias, expected.Pointer, stride, firstPanel, panelCount);
        record.AssertSameBits(expected, actual, "output");
    }
}
