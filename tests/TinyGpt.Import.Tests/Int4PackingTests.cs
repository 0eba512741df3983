using TinyGpt.Import.Packing;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;
using Xunit;

namespace TinyGpt.Import.Tests;

/// <summary>Packing to 4 bits: the search for scales, the layout, whole models.</summary>
public sealed unsafe class Int4PackingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(16, 64)]
    [InlineData(17, 65)]
    [InlineData(48, 48)]
    [InlineData(100, 200)]
    public void Weights_come_back_within_half_a_scale_unless_they_are_cut_off_and_padding_is_zero(int rows, int columns)
    {
        ArrayRows source = ArrayRows.Random(rows, columns, seed: 1);
        using NativeArena arena = new(PanelLayout.PackedBytes(rows, columns, WeightPrecision.Int4));
        byte* panels = arena.Take(arena.Capacity);
        new Span<byte>(panels, (int)arena.Capacity).Fill(0xCC);
        QuantizationError error = PanelPacker.Pack(source, WeightPrecision.Int4, panels, Cancellation);
        double squaredError = 0;
        for (int row = 0; row < PanelLayout.PaddedOutputs(rows); row++)
        {
            for (int column = 0; column < PanelLayout.PaddedInputs(columns); column++)
            {
                bool inside = row < rows && column < columns;
                float weight = inside ? source[row, column] : 0;
                float scale = PackedReader.Int4Scale(panels, columns, row, column);
                int quantized = PackedReader.Int4(panels, columns, row, column);
                double difference = ((double)quantized * scale) - weight;
                squaredError += difference * difference;
                Assert.True(
                    Math.Abs(difference) <= Math.Abs(scale) * 0.5001 || quantized is -8 or 7,
                    $"({row}, {column}): {weight} became {quantized} · {scale}");
                Assert.True(inside || quantized == 0);
                Assert.True(row < rows || scale == 0);
            }
        }

        Assert.Equal(squaredError, error.SquaredError, 1e-9);
        Assert.InRange(error.Relative, 0, 0.1);
    }

    [Fact]
    public void Searched_scales_are_better_than_the_largest_magnitude_divided_by_7_or_minus_8()
    {
        // The sum of four uniform numbers is close to normal, as weights are.
        Random random = new(3);
        float[] weights = [.. Enumerable.Range(0, 64 * 100).Select(
            _ => random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2)];
        (_, _, QuantizationError searched) = Pack(weights);
        double symmetric = 0;
        double oneSided = 0;
        foreach (float[] group in weights.Chunk(64))
        {
            float largest = group.MaxBy(Math.Abs);
            symmetric += SquaredError(group, Math.Abs(largest) / 7);
            oneSided += SquaredError(group, largest / -8);
        }

        Assert.InRange(searched.SquaredError, 0, 0.97 * oneSided);
        Assert.InRange(oneSided, 0, symmetric);
    }

    [Fact]
    public void Whole_steps_are_kept_exactly()
    {
        float[] weights = [.. Enumerable.Range(0, 64).Select(i => 0.25f * ((i % 16) - 8))];
        (int[] quantized, float scale, QuantizationError error) = Pack(weights);
        Assert.Equal(0.25f, scale);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (i % 16) - 8), quantized);
        Assert.Equal(0, error.Relative);
        (quantized, scale, _) = Pack([.. weights.Select(weight => -weight)]);
        Assert.Equal(-0.25f, scale);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (i % 16) - 8), quantized);
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
        (_, float scale, QuantizationError error) = Pack(weights);
        Assert.InRange(scale, -1e18f, 1e18f);
        Assert.InRange(error.LargestError, 0, magnitude);
    }

    [Fact]
    public void A_group_of_zeros_has_scale_zero()
    {
        (int[] quantized, float scale, _) = Pack(new float[64]);
        Assert.Equal(0, BitConverter.SingleToInt32Bits(scale));
        Assert.All(quantized, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_packed_model_is_what_memory_holds_and_half_as_large(bool compress)
    {
        using TemporaryFolder folder = new TinyCheckpoint().Write();
        PackOptions options = new() { Compress = compress, Precision = WeightPrecision.Int4 };
        PackReport report = Packer.Pack(folder.Name, folder.At("4.tgpt"), options, cancellation: Cancellation);
        using TgptFile file = TgptFile.Open(folder.At("4.tgpt"));
        using TgptFile memory = Packer.PackInMemory(folder.Name, options, cancellation: Cancellation);
        using TgptFile int8 = Packer.PackInMemory(folder.Name, cancellation: Cancellation);
        file.Verify();
        IReadOnlyList<TensorShape> tensors = ModelTensors.Of(file.Config, WeightPrecision.Int4);
        Assert.Equal(tensors, file.Info.Tensors);
        Assert.Equal(tensors, report.Tensors.Select(tensor => tensor.Shape));
        foreach (PackedTensor tensor in report.Tensors)
        {
            Assert.True(Bytes(memory, tensor.Shape).SequenceEqual(Bytes(file, tensor.Shape)));
            if (tensor.Shape.Kind == TensorKind.Int4Panels)
            {
                Assert.InRange(tensor.Error.Relative, 0.01, 0.15);
                Assert.Equal(576 * int8.Info.Tensors.Single(other => other.Name == tensor.Shape.Name).Bytes / 1088, tensor.Shape.Bytes);
            }
            else
            {
                Assert.True(Bytes(int8, tensor.Shape).SequenceEqual(Bytes(file, tensor.Shape)));
            }
        }
    }

    private static ReadOnlySpan<byte> Bytes(TgptFile file, TensorShape shape) => new(file.Tensor(shape.Name), (int)shape.Bytes);

    private static double SquaredError(float[] group, float scale) =>
        group.Sum(weight => Math.Pow((Math.Clamp(Math.Round(weight / scale), -8, 7) * scale) - weight, 2));

    private static (int[] Quantized, float Scale, QuantizationError Error) Pack(float[] row)
    {
        using NativeArena arena = new(PanelLayout.PackedBytes(1, row.Length, WeightPrecision.Int4));
        byte* panels = arena.Take(arena.Capacity);
        QuantizationError error = PanelPacker.Pack(new ArrayRows(row, 1, row.Length), WeightPrecision.Int4, panels, Cancellation);
        int[] quantized = new int[row.Length];
        for (int i = 0; i < quantized.Length; i++)
        {
            quantized[i] = PackedReader.Int4(panels, row.Length, 0, i);
        }

        return (quantized, PackedReader.Int4Scale(panels, row.Length, 0, 0), error);
    }
}
