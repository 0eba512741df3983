using System.Buffers;
using System.Runtime.InteropServices;
using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import.Packing;

/// <summary>
/// Turns float32 rows into what a <c>.tgpt</c> file holds: panels of int8 or 4-bit weights with one scale for each row and group of 64
/// columns, or padded float32 rows. An int8 scale is the group's largest magnitude / 127, weights are rounded to even, padding is zero; for
/// 4 bits see <see cref="Int4Quantizer"/>. The result is the same bytes whatever the number of threads.
/// </summary>
internal static unsafe class PanelPacker
{
    // Panels or rows from one report to the next: some megabytes, so that a large tensor shows that it moves.
    private const int ReportedItems = 128;

    /// <summary>Packs a matrix.</summary>
    /// <param name="source">Its rows, one for each output.</param>
    /// <param name="precision">How it holds its weights.</param>
    /// <param name="target">Takes <see cref="PanelLayout.PackedBytes"/> bytes, all of which are written.</param>
    /// <param name="cancellation">Stops between panels.</param>
    /// <param name="share">Told now and then what share of the panels is done, or null.</param>
    /// <exception cref="ModelFormatException">A weight is not finite or too large.</exception>
    public static QuantizationError Pack(
        IRowSource source, WeightPrecision precision, byte* target, CancellationToken cancellation, Action<double>? share = null)
    {
        int panels = PanelLayout.Panels(source.Rows);
        QuantizationError[] errors = new QuantizationError[panels];
        ForEach(panels, panel => errors[panel] = PackPanel(source, precision, panel, target), share, cancellation);
        return errors.Aggregate(QuantizationError.Add);
    }

    /// <summary>Copies rows as float32.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="target">Takes the rows, each padded with zeros to a multiple of 64; every byte is written.</param>
    /// <param name="cancellation">Stops between rows.</param>
    /// <param name="share">Told now and then what share of the rows is done, or null.</param>
    /// <exception cref="ModelFormatException">A number is not finite or too large.</exception>
    public static void Copy(IRowSource source, float* target, CancellationToken cancellation, Action<double>? share = null)
    {
        int stride = PanelLayout.PaddedInputs(source.Columns);
        ForEach(
            source.Rows,
            row =>
            {
                Span<float> floats = new(target + ((long)row * stride), stride);
                source.CopyRows(row, 1, floats, stride);
                floats[source.Columns..].Clear();
                RequireFinite(floats, source, row);
            },
            share,
            cancellation);
    }

    private static void ForEach(int count, Action<int> body, Action<double>? share, CancellationToken cancellation)
    {
        int done = 0;
        ModelFormatException?[] failures = new ModelFormatException?[count];
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, i =>
        {
            try
            {
                body(i);
            }
            catch (ModelFormatException failure)
            {
                failures[i] = failure;
            }

            if (share is not null && Interlocked.Increment(ref done) is var now && now % ReportedItems == 0)
            {
                share((double)now / count);
            }
        });
        if (Array.Find(failures, failure => failure is not null) is { } first)
        {
            throw first;
        }
    }

    private static QuantizationError PackPanel(IRowSource source, WeightPrecision precision, int panel, byte* target)
    {
        int firstRow = panel * PanelLayout.OutputsPerPanel;
        int rows = Math.Min(PanelLayout.OutputsPerPanel, source.Rows - firstRow);
        int groups = PanelLayout.Groups(source.Columns);
        int stride = groups * PanelLayout.InputsPerGroup;
        float[] rented = ArrayPool<float>.Shared.Rent(PanelLayout.OutputsPerPanel * stride);
        Span<float> floats = rented.AsSpan(0, PanelLayout.OutputsPerPanel * stride);
        floats.Clear();
        source.CopyRows(firstRow, rows, floats, stride);
        QuantizationError error = default;
        int groupBytes = PanelLayout.GroupBytesOf(precision);
        byte* output = target + ((long)panel * groups * groupBytes);
        for (int lane = 0; lane < PanelLayout.OutputsPerPanel; lane++)
        {
            Span<float> row = floats.Slice(lane * stride, stride);
            RequireFinite(row, source, firstRow + lane);
            for (int group = 0; group < groups; group++)
            {
                ReadOnlySpan<float> weights = row.Slice(group * PanelLayout.InputsPerGroup, PanelLayout.InputsPerGroup);
                byte* packed = output + ((long)group * groupBytes);
                error += precision == WeightPrecision.Int4
                    ? Int4Quantizer.Quantize(weights, packed, lane)
                    : QuantizeGroup(weights, packed, lane);
            }
        }

        ArrayPool<float>.Shared.Return(rented);
        return error;
    }

    private static QuantizationError QuantizeGroup(ReadOnlySpan<float> weights, byte* group, int lane)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = MathF.Max(largest, MathF.Abs(weight));
        }

        float scale = largest / PanelLayout.MaxQuantized;
        ((float*)(group + PanelLayout.GroupWeightBytes))[lane] = scale;
        double squaredError = 0;
        double squaredNorm = 0;
        double largestError = 0;
        sbyte* lanes = (sbyte*)group + (lane * PanelLayout.InputsPerKBlock);
        for (int i = 0; i < weights.Length; i++)
        {
            // A scale of 0 means a group of zeros. Below the normal range the quotient can pass 127 by rounding.
            float quantized = scale == 0 ? 0
                : Math.Clamp(MathF.Round(weights[i] / scale), -PanelLayout.MaxQuantized, PanelLayout.MaxQuantized);
            lanes[(i / PanelLayout.InputsPerKBlock * PanelLayout.KBlockBytes) + (i % PanelLayout.InputsPerKBlock)] = (sbyte)quantized;
            double difference = ((double)quantized * scale) - weights[i];
            squaredError += difference * difference;
            squaredNorm += (double)weights[i] * weights[i];
            largestError = Math.Max(largestError, Math.Abs(difference));
        }

        return new QuantizationError(squaredError, squaredNorm, largestError);
    }

    private static void RequireFinite(ReadOnlySpan<float> row, IRowSource source, int rowIndex)
    {
        // As integers, the bits of finite magnitudes up to the limit are below those of everything else.
        uint limit = BitConverter.SingleToUInt32Bits(TensorContent.LargestMagnitude);
        ReadOnlySpan<uint> bits = MemoryMarshal.Cast<float, uint>(row);
        for (int column = 0; column < bits.Length; column++)
        {
            if ((bits[column] & 0x7FFF_FFFF) > limit)
            {
                throw new ModelFormatException(
                    source.File,
                    $"tensor '{source.Name}': the number in row {rowIndex}, column {column} is {row[column]}, not within ±{TensorContent.LargestMagnitude}");
            }
        }
    }
}
