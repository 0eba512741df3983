using TinyGpt.Import.Packing;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using Xunit;

namespace TinyGpt.Import.Tests;

public sealed unsafe class PanelPackerTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 64)]
    [InlineData(17, 65)]
    [InlineData(48, 48)]
    [InlineData(100, 200)]
    public void Weights_come_back_within_half_a_scale_and_padding_is_zero(int rows, int columns)
    {
        ArrayRows source = ArrayRows.Random(rows, columns, seed: 1);
        using NativeArena arena = new(PanelLayout.PackedBytes(rows, columns));
        byte* panels = arena.Take(arena.Capacity);
        new Span<byte>(panels, (int)arena.Capacity).Fill(0xCC);
        QuantizationError error = PanelPacker.Pack(source, WeightPrecision.Int8, panels, TestContext.Current.CancellationToken);
        for (int row = 0; row < PanelLayout.PaddedOutputs(rows); row++)
        {
            for (int column = 0; column < PanelLayout.PaddedInputs(columns); column++)
            {
                bool inside = row < rows && column < columns;
                float weight = inside ? source[row, column] : 0;
                float scale = PackedReader.Scale(panels, columns, row, column);
                float packed = PackedReader.Weight(panels, columns, row, column);
                Assert.True(Math.Abs(packed - weight) <= (scale * 0.5001f), $"({row}, {column}): {weight} became {packed}");
                Assert.True(inside || PackedReader.Quantized(panels, columns, row, column) == 0);
                Assert.True(row < rows || scale == 0);
            }
        }

        Assert.InRange(error.Relative, 0, 0.01);
        Assert.InRange(error.LargestError, 0, 0.01);
    }

    [Fact]
    public void The_largest_weight_is_127_and_ties_go_to_even()
    {
        float[] weights = new float[64];
        weights[0] = 127;
        weights[1] = -127;
        weights[2] = 0.5f;
        weights[3] = 1.5f;
        weights[4] = -2.5f;
        weights[5] = 2.5000002f;
        Assert.Equal([127, -127, 0, 2, -2, 3], Pack(weights).Quantized[..6]);
        Assert.Equal(1, Pack(weights).Scale);
    }

    [Theory]
    [InlineData(float.Epsilon)]
    [InlineData(1e-44f)]
    [InlineData(1e-38f)]
    [InlineData(1e18f)]
    public void Extreme_weights_stay_in_range(float magnitude)
    {
        float[] weights = new float[64];
        weights[0] = magnitude;
        weights[1] = -magnitude;
        (sbyte[] quantized, float scale) = Pack(weights);
        Assert.True(quantized.All(value => value is >= -127 and <= 127));
        Assert.True(float.IsFinite(scale) && scale >= 0);
        Assert.Equal(quantized[0], -quantized[1]);
    }

    [Fact]
    public void A_group_of_zeros_has_scale_zero()
    {
        (sbyte[] quantized, float scale) = Pack(new float[64]);
        Assert.Equal(0, scale);
        Assert.All(quantized, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(-1.1e18f)]
    public void A_weight_that_is_not_finite_or_too_large_is_refused_by_name(float weight)
    {
        ArrayRows source = ArrayRows.Random(20, 70, seed: 1);
        source[18, 69] = weight;
        using NativeArena arena = new(PanelLayout.PackedBytes(20, 70));
        byte* target = arena.Take(arena.Capacity);
        ModelFormatException failure = Assert.Throws<ModelFormatException>(() => PanelPacker.Pack(source, WeightPrecision.Int8, target, TestContext.Current.CancellationToken));
        Assert.Contains("array", failure.Message, StringComparison.Ordinal);
        Assert.Contains("row 18, column 69", failure.Reason, StringComparison.Ordinal);
        using NativeArena floats = new(20 * 128 * sizeof(float));
        float* copied = floats.TakeFloats(20 * 128);
        Assert.Throws<ModelFormatException>(() => PanelPacker.Copy(source, copied, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Rows_of_floats_are_padded_with_zeros()
    {
        ArrayRows source = ArrayRows.Random(3, 70, seed: 1);
        using NativeArena arena = new(3 * 128 * sizeof(float));
        float* floats = arena.TakeFloats(3 * 128);
        new Span<float>(floats, 3 * 128).Fill(9);
        PanelPacker.Copy(source, floats, TestContext.Current.CancellationToken);
        for (int i = 0; i < 3 * 128; i++)
        {
            Assert.Equal(i % 128 < 70 ? source[i / 128, i % 128] : 0, floats[i]);
        }
    }

    [Theory]
    [InlineData(12, 16)]
    [InlineData(20, 32)]
    [InlineData(1, 16)]
    public void Heads_are_padded_by_rows_and_by_columns(int headSize, int headStride)
    {
        ArrayRows source = ArrayRows.Random(3 * headSize, 3 * headSize, seed: 4);
        OrderedRows rows = new(source, [.. Enumerable.Range(0, 3 * headStride).Select(
            row => row % headStride < headSize ? (row / headStride * headSize) + (row % headStride) : RowOrder.Zeros)]);
        HeadPaddedColumns columns = new(source, headSize, headStride);
        Assert.Equal(3 * headStride, rows.Rows);
        Assert.Equal(3 * headStride, columns.Columns);
        float[] byRow = new float[rows.Rows * 64 * 2];
        byRow.AsSpan().Fill(9);
        rows.CopyRows(0, 5, byRow, 128);
        rows.CopyRows(5, rows.Rows - 5, byRow.AsSpan(5 * 128), 128);
        float[] byColumn = new float[columns.Rows * 128];
        columns.CopyRows(0, columns.Rows, byColumn, 128);
        for (int head = 0; head < 3; head++)
        {
            for (int feature = 0; feature < headStride; feature++)
            {
                for (int other = 0; other < source.Columns; other++)
                {
                    int packed = (head * headStride) + feature;
                    int original = (head * headSize) + feature;
                    Assert.Equal(feature < headSize ? source[original, other] : 0, byRow[(packed * 128) + other]);
                    Assert.Equal(feature < headSize ? source[other, original] : 0, byColumn[(other * 128) + packed]);
                }
            }
        }
    }

    private static (sbyte[] Quantized, float Scale) Pack(float[] row)
    {
        using NativeArena arena = new(PanelLayout.PackedBytes(1, row.Length));
        byte* panels = arena.Take(arena.Capacity);
        PanelPacker.Pack(new ArrayRows(row, 1, row.Length), WeightPrecision.Int8, panels, TestContext.Current.CancellationToken);
        sbyte[] quantized = new sbyte[row.Length];
        for (int i = 0; i < quantized.Length; i++)
        {
            quantized[i] = PackedReader.Quantized(panels, row.Length, 0, i);
        }

        return (quantized, PackedReader.Scale(panels, row.Length, 0, 0));
    }
}
