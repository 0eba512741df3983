using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using Xunit;

namespace TinyGpt.Import.Tests;

public sealed class SyntheticModelTests
{
    /// <summary>Everything padded: rows, columns and heads.</summary>
    public static readonly ModelConfig Small = new()
    {
        Architecture = "gpt2",
        VocabularySize = 100,
        ContextLength = 9,
        Width = 60,
        Layers = 2,
        Heads = 5,
        FeedForwardWidth = 70,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_same_seed_gives_the_same_bytes_everywhere()
    {
        using TgptFile first = SyntheticModel.Open(Small, seed: 7, cancellation: Cancellation);
        using TgptFile second = SyntheticModel.Open(Small, seed: 7, cancellation: Cancellation);
        using TgptFile other = SyntheticModel.Open(Small, seed: 8, cancellation: Cancellation);
        Assert.Equal("66a5e43e0f284e00a41d469cbfe8238bab9449c09593ec738930d757f1ccf6d7", Convert.ToHexStringLower(first.ContentHash));
        Assert.True(first.ContentHash.SequenceEqual(second.ContentHash));
        Assert.False(first.ContentHash.SequenceEqual(other.ContentHash));
    }

    [Theory]
    [InlineData(false, WeightPrecision.Int8)]
    [InlineData(true, WeightPrecision.Int8)]
    [InlineData(false, WeightPrecision.Int4)]
    [InlineData(true, WeightPrecision.Int4)]
    public void Weights_are_spread_as_promised_and_padding_is_zero(bool isGated, WeightPrecision precision)
    {
        ModelConfig config = Small with { Gated = isGated, KeyValueHeads = isGated ? 1 : 5 };
        using TgptFile file = SyntheticModel.Open(config, precision: precision, cancellation: Cancellation);
        Assert.Equal(ModelTensors.Of(config, precision), file.Info.Tensors);
        foreach (TensorShape shape in file.Info.Tensors)
        {
            double sum = 0;
            double squares = 0;
            long count = 0;
            for (int row = 0; row < (shape.IsQuantized ? PanelLayout.PaddedOutputs(shape.Rows) : shape.Rows); row++)
            {
                for (int column = 0; column < PanelLayout.PaddedInputs(shape.Columns); column++)
                {
                    float number = PackedReader.Number(file, shape, row, column);
                    if (IsPadding(config, shape, row, column))
                    {
                        Assert.Equal(0, number);
                        continue;
                    }

                    sum += number;
                    squares += number * number;
                    count++;
                }
            }

            double deviation = Math.Sqrt(squares / count);
            if (shape.Name.EndsWith(".gain", StringComparison.Ordinal))
            {
                Assert.Equal(count, sum);
            }
            else
            {
                double promised = shape.IsQuantized ? 0.02 : 0.01;
                Assert.InRange(deviation, 0.7 * promised, 1.3 * promised);
                Assert.InRange(sum / count, -0.5 * promised, 0.5 * promised);
            }
        }
    }

    [Fact]
    public void A_file_holds_what_memory_holds()
    {
        using TemporaryFolder folder = new();
        PackReport report = SyntheticModel.Write(Small, folder.At("small.tgpt"), seed: 7, cancellation: Cancellation);
        using TgptFile file = TgptFile.Open(folder.At("small.tgpt"));
        using TgptFile memory = SyntheticModel.Open(Small, seed: 7, cancellation: Cancellation);
        file.Verify();
        Assert.Null(file.TokenizerKind);
        Assert.True(file.TokenizerData.IsEmpty);
        Assert.Equal(Small.ParameterCount * 4, report.SourceBytes);
        Assert.All(ModelTensors.Of(Small), shape => Assert.Equal(
            PackedReader.Number(memory, shape, shape.Rows - 1, shape.Columns - 1), PackedReader.Number(file, shape, shape.Rows - 1, shape.Columns - 1)));
    }

    [Theory]
    [InlineData("gpt2-124m", 124_439_808)]
    [InlineData("gpt2-355m", 354_823_168)]
    [InlineData("gpt2-774m", 774_030_080)]
    [InlineData("gpt2-1558m", 1_557_611_200)]
    [InlineData("synth-15m", 15_358_464)]
    [InlineData("smollm2-135m", 134_515_008)]
    [InlineData("qwen2.5-0.5b", 494_032_768)]
    [InlineData("qwen3-0.6b", 596_049_920)]
    [InlineData("tinyllama-1.1b", 1_100_048_384)]
    [InlineData("llama-3.2-1b", 1_235_814_400)]
    public void Shapes_have_the_published_number_of_parameters(string shape, long parameters)
    {
        ModelConfig config = SyntheticModel.ConfigOf(shape);
        Assert.True(config.TryValidate(out string problem), problem);
        Assert.Equal(parameters, config.ParameterCount);
        Assert.Contains(shape, SyntheticModel.Shapes);
    }

    [Fact]
    public void An_unknown_shape_is_an_argument_that_names_the_known_ones()
    {
        Assert.Contains("gpt2-124m", Assert.Throws<ArgumentException>(() => SyntheticModel.ConfigOf("gpt9")).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SyntheticModel.Open(Small with { Heads = 7 }, cancellation: Cancellation));
    }

    private static bool IsPadding(ModelConfig config, TensorShape shape, int row, int column)
    {
        bool HeadPadding(int index) => index % Small.HeadStride >= Small.HeadSize;
        bool GatePadding(int index) => config.Gated && (index / 32 * 16) + (index % 16) >= config.FeedForwardWidth;
        return row >= shape.Rows || column >= shape.Columns
            || (shape.Name.EndsWith(ModelTensors.QueryKeyValue, StringComparison.Ordinal) && HeadPadding(row))
            || (shape.Name.EndsWith(ModelTensors.FeedForwardIn, StringComparison.Ordinal) && GatePadding(row))
            || (shape.Name.EndsWith("feed_forward_in.bias", StringComparison.Ordinal) && GatePadding(column))
            || (shape.Name.EndsWith("query_key_value.bias", StringComparison.Ordinal) && HeadPadding(column))
            || (shape.Name.EndsWith(ModelTensors.AttentionOutput, StringComparison.Ordinal) && HeadPadding(column));
    }
}
