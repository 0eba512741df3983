using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tests;

/// <summary>Quantized rows with their buffers.</summary>
internal sealed unsafe class RowBuffers : IDisposable
{
    private readonly NativeBuffer<sbyte> _values;
    private readonly NativeBuffer<float> _scales;
    private readonly NativeBuffer<int> _sums;

    public RowBuffers(int rows, int groups)
    {
        _values = new(rows * groups * PanelLayout.InputsPerGroup);
        _scales = new(rows * groups);
        _sums = new(rows * groups);
        View = new(_values.Pointer, _scales.Pointer, _sums.Pointer, rows, groups);
    }

    public QuantizedActivations View { get; }

    /// <summary>Random rows, or rows of extreme values.</summary>
    public static RowBuffers Random(Random random, int rows, int groups, bool extreme)
    {
        RowBuffers buffers = new(rows, groups);
        for (int row = 0; row < rows; row++)
        {
            for (int group = 0; group < groups; group++)
            {
                sbyte* quads = buffers.View.Locate(row, group, out int quadStride, out nint scaleIndex);
                int sum = 0;
                for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
                {
                    sbyte value = (sbyte)(extreme ? 127 - (254 * random.Next(2)) : random.Next(-127, 128));
                    quads[(i / 4 * quadStride) + (i % 4)] = value;
                    sum += value;
                }

                buffers._scales.Span[(int)scaleIndex] = random.Next(20) == 0 ? 0f : (float)Math.Exp((random.NextDouble() * 20) - 10);
                buffers._sums.Span[(int)scaleIndex] = sum;
            }
        }

        return buffers;
    }

    public void AssertSameBits(RowBuffers expected, string what)
    {
        _values.AssertSameBits(expected._values, what + ", values");
        _scales.AssertSameBits(expected._scales, what + ", scales");
        _sums.AssertSameBits(expected._sums, what + ", sums");
    }

    public void Dispose()
    {
        _values.Dispose();
        _scales.Dispose();
        _sums.Dispose();
    }
}

/// <summary>A packed matrix of random or extreme weights, padded with zeros.</summary>
internal sealed unsafe class MatrixBuffer : IDisposable
{
    private readonly NativeBuffer<byte> _data;

    public MatrixBuffer(Random random, int rows, int columns, bool extreme, WeightPrecision precision = WeightPrecision.Int8)
    {
        _data = new((int)PanelLayout.PackedBytes(rows, columns, precision));
        View = new(_data.Pointer, rows, columns, precision);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                if (precision == WeightPrecision.Int4)
                {
                    Int4Places.Set(View, row, column, extreme ? (random.Next(2) == 0 ? 7 : -8) : random.Next(-8, 8));
                }
                else
                {
                    // -128 is never packed, but the kernels are exact for it too.
                    *Weight(row, column) = (sbyte)(extreme ? (random.Next(2) == 0 ? 127 : -128) : random.Next(-127, 128));
                }
            }

            for (int group = 0; group < View.Groups; group++)
            {
                *Scale(row, group) = random.Next(20) == 0 ? 0f : (float)Math.Exp((random.NextDouble() * 20) - 15);
            }
        }
    }

    public PackedMatrix View { get; }

    public sbyte* Weight(int row, int column)
    {
        byte* group = View.Panel(row / 16) + (column / 64 * PanelLayout.GroupBytes);
        return (sbyte*)group + (column % 64 / 4 * 64) + (row % 16 * 4) + (column % 4);
    }

    public float* Scale(int row, int group) =>
        (float*)(View.Panel(row / 16) + ((group + 1) * View.GroupBytes) - PanelLayout.GroupScaleBytes) + (row % 16);

    public void Dispose() => _data.Dispose();
}

/// <summary>The places of 4-bit weights, in the words of FORMAT.md.</summary>
internal static unsafe class Int4Places
{
    /// <summary>Writes a weight of -8 … 7.</summary>
    public static void Set(in PackedMatrix matrix, int row, int column, int weight)
    {
        byte* pair = matrix.Panel(row / 16) + (column / 64 * 576) + (column % 32 / 4 * 64) + (row % 16 * 4) + (column % 4);
        int shift = column % 64 < 32 ? 0 : 4;
        *pair = (byte)((*pair & ~(15 << shift)) | ((weight + 8) << shift));
    }
}

/// <summary>Kinds of float rows that a kernel may meet.</summary>
internal static class FloatRows
{
    /// <summary>Fills a row: by <paramref name="kind"/> ordinary, zeros, tiny, huge, mixed magnitudes or one outlier.</summary>
    public static void Fill(Random random, Span<float> row, int kind)
    {
        for (int i = 0; i < row.Length; i++)
        {
            float value = (float)((random.NextDouble() * 2) - 1);
            row[i] = (kind % 6) switch
            {
                0 => value * 4f,
                1 => 0f,
                2 => value * 1e-38f,
                3 => value * 1e30f,
                4 => value * (float)Math.Pow(10, random.Next(-20, 10)),
                _ => i == row.Length / 2 ? 1e6f : value,
            };
        }
    }
}
