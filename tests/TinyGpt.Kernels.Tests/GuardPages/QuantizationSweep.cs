using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Quantization of tokens, plain and after activations and gates: all groups, the first, the last, and none.</summary>
internal static unsafe class QuantizationSweep
{
    public static void Run<TKernels>(CallRecord record)
        where TKernels : struct, IKernels
    {
        Random random = new(2);
        foreach (GuardedEdge edge in SweptLengths.Edges)
        {
            foreach (int length in SweptLengths.FromZero)
            {
                using GuardedBuffer<float> source = GuardedFloats.SealedPadded(random, length, edge, kind: length);
                int groups = source.Length / PanelLayout.InputsPerGroup;
                int filled = PanelLayout.Groups(length);
                foreach ((int rows, int row) in SweptLengths.Rows)
                {
                    Compare<TKernels>(record, source, length, (rows, row), (0, filled), edge);
                    if (groups > 1)
                    {
                        Compare<TKernels>(record, source, length, (rows, row), (0, 1), edge);
                        Compare<TKernels>(record, source, length, (rows, row), (groups - 1, 1), edge);
                    }
                }
            }
        }
    }

    private static void Compare<TKernels>(
        CallRecord record,
        GuardedBuffer<float> source,
        int length,
        (int Count, int Destination) rows,
        (int First, int Count) groups,
        GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        string detail = $"row {rows.Destination} of {rows.Count}, groups {groups.First} + {groups.Count}";
        int rowGroups = source.Length / PanelLayout.InputsPerGroup;
        using (GuardedRows actual = new(rows.Count, rowGroups, edge))
        using (GuardedRows expected = new(rows.Count, rowGroups, edge))
        {
            record.Begin(nameof(IKernels.Quantize), length, edge, detail);
            TKernels.Quantize(source.Pointer, actual.View, rows.Destination, groups.First, groups.Count);
            record.BeginReference();
            ScalarKernels.Quantize(source.Pointer, expected.View, rows.Destination, groups.First, groups.Count);
            actual.AssertSameBits(expected, record);
        }

        foreach (Activation activation in Enum.GetValues<Activation>())
        {
            using GuardedRows actual = new(rows.Count, rowGroups, edge);
            using GuardedRows expected = new(rows.Count, rowGroups, edge);
            record.Begin(nameof(IKernels.ActivateQuantize), length, edge, $"{activation}, {detail}");
            TKernels.ActivateQuantize(source.Pointer, activation, actual.View, rows.Destination, groups.First, groups.Count);
            record.BeginReference();
            ScalarKernels.ActivateQuantize(source.Pointer, activation, expected.View, rows.Destination, groups.First, groups.Count);
            actual.AssertSameBits(expected, record);
            if (rows.Destination == 0)
            {
                CompareGates<TKernels>(record, source, activation, length, (groups.First, groups.Count), edge);
            }
        }
    }

    /// <summary>Gates and values in a row of twice the length.</summary>
    private static void CompareGates<TKernels>(
        CallRecord record,
        GuardedBuffer<float> source,
        Activation activation,
        int length,
        (int First, int Count) groups,
        GuardedEdge edge)
        where TKernels : struct, IKernels
    {
        int rowGroups = source.Length / PanelLayout.InputsPerGroup;
        using GuardedBuffer<float> gated = new(2 * source.Length, edge);
        for (int i = 0; i < gated.Length; i++)
        {
            gated.Span[i] = Math.Clamp(source.Span[i % source.Length], -1e15f, 1e15f); // the product of two huge numbers is none
        }

        gated.Seal();
        using GuardedRows actual = new(1, rowGroups, edge);
        using GuardedRows expected = new(1, rowGroups, edge);
        record.Begin(nameof(IKernels.GatedActivateQuantize), length, edge, $"{activation}, groups {groups.First} + {groups.Count}");
        TKernels.GatedActivateQuantize(gated.Pointer, activation, actual.View, 0, groups.First, groups.Count);
        record.BeginReference();
        ScalarKernels.GatedActivateQuantize(gated.Pointer, activation, expected.View, 0, groups.First, groups.Count);
        actual.AssertSameBits(expected, record);
    }
}
