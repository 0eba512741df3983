using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tests;

/// <summary>Quantized rows whose three buffers each touch an unreadable page.</summary>
internal sealed unsafe class GuardedRows : IDisposable
{
    private readonly GuardedBuffer<sbyte> _values;
    private readonly GuardedBuffer<float> _scales;
    private readonly GuardedBuffer<int> _sums;

    /// <summary>Makes rows to write.</summary>
    public GuardedRows(int rows, int groups, GuardedEdge edge)
    {
        _values = new(rows * groups * PanelLayout.InputsPerGroup, edge);
        _scales = new(rows * groups, edge);
        _sums = new(rows * groups, edge);
        View = new(_values.Pointer, _scales.Pointer, _sums.Pointer, rows, groups);
    }

    public QuantizedActivations View { get; }

    /// <summary>Makes rows to read: random and sealed.</summary>
    public static GuardedRows Random(Random random, int rows, int groups, GuardedEdge edge)
    {
        GuardedRows made = new(rows, groups, edge);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
            {
                sbyte* quads = made.View.Locate(row, group, out int quadStride, out nint scaleIndex);
                int sum = 0;
                for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                {
                    sbyte value = (sbyte)random.Next(-PanelLayout.MaxQuantized, PanelLayout.MaxQuantized + 1);
                    quads[(i / PanelLayout.InputsPerKBlock * quadStride) + (i % PanelLayout.InputsPerKBlock)] = value;
                    sum += value;
                }

                made._scales.Span[(int)scaleIndex] = random.NextSingle();
                made._sums.Span[(int)scaleIndex] = sum;
            }
        }

        made._values.Seal();
        made._scales.Seal();
        made._sums.Seal();
        return made;
    }

    public void AssertSameBits(GuardedRows expected, CallRecord record)
    {
        record.AssertSameBits(expected._values, _values, "values");
        record.AssertSameBits(expected._scales, _scales, "scales");
        record.AssertSameBits(expected._sums, _sums, "sums");
    }

    public void Dispose()
    {
        _values.Dispose();
        _scales.Dispose();
        _sums.Dispose();
    }
}

/// <summary>A packed matrix of random weights, sealed, against an unreadable page; the padding is zero.</summary>
internal sealed unsafe class GuardedMatrix : IDisposable
{
    private readonly GuardedBuffer<byte> _data;

    public GuardedMatrix(
        Random random, int rows, int columns, GuardedEdge edge, WeightPrecision precision = WeightPrecision.Int8)
    {
        _data = new((int)PanelLayout.PackedBytes(rows, columns, precision), edge);
        _data.Span.Clear();
        View = new(_data.Pointer, rows, columns, precision);
        for (int row = 0; row < rows; row++)
        {
            int lane = row % PanelLayout.OutputsPerPanel;
            for (int group = 0; group < View.Groups; group++)
            {
                byte* packed = View.Panel(row / PanelLayout.OutputsPerPanel) + (group * View.GroupBytes);
                int firstColumn = group * PanelLayout.InputsPerGroup;
                for (int i = 0; i < Math.Min(PanelLayout.InputsPerGroup, columns - firstColumn); i++)
                {
                    if (precision == WeightPrecision.Int4)
                    {
                        Int4Places.Set(View, row, firstColumn + i, random.Next(-8, 8));
                        continue;
                    }

                    int quad = i / PanelLayout.InputsPerKBlock * PanelLayout.KBlockBytes;
                    sbyte weight = (sbyte)random.Next(-PanelLayout.MaxQuantized, PanelLayout.MaxQuantized + 1);
                    packed[quad + (lane * PanelLayout.InputsPerKBlock) + (i % PanelLayout.InputsPerKBlock)] = (byte)weight;
                }

                ((float*)(packed + View.GroupBytes - PanelLayout.GroupScaleBytes))[lane] = random.NextSingle();
            }
        }

        _data.Seal();
    }

    public PackedMatrix View { get; }

    public void Dispose() => _data.Dispose();
}

/// <summary>Rows of floats.</summary>
internal static class GuardedFloats
{
    /// <summary>A random row of exactly the padded length of <paramref name="width"/> features, zeros after them; not sealed.</summary>
    public static GuardedBuffer<float> Padded(Random random, int width, GuardedEdge edge, int kind = 0)
    {
        GuardedBuffer<float> row = new(Math.Max(PanelLayout.PaddedInputs(width), PanelLayout.InputsPerGroup), edge);
        row.Span.Clear();
        FloatRows.Fill(random, row.Span[..width], kind);
        return row;
    }

    /// <summary>The same, sealed.</summary>
    public static GuardedBuffer<float> SealedPadded(Random random, int width, GuardedEdge edge, int kind = 0)
    {
        GuardedBuffer<float> row = Padded(random, width, edge, kind);
        row.Seal();
        return row;
    }
}
