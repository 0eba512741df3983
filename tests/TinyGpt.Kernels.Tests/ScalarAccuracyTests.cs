using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Compares the scalar tier with double precision: the other tiers inherit the result bit for bit.</summary>
public sealed unsafe class ScalarAccuracyTests
{
    [Fact]
    public void The_exponential_errs_by_less_than_two_units_in_the_last_place()
    {
        double largestError = 0;
        for (int i = 0; i <= 1_750_000; i++)
        {
            float x = -87f + (i * 1e-4f);
            double exact = Math.Exp(x);
            largestError = Math.Max(largestError, Math.Abs(ScalarKernels.Exponential(x) - exact) / exact);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest relative error {largestError:e2}");
        Assert.InRange(largestError, 0, 1.5e-7);
    }

    [Fact]
    public void The_exponential_is_exactly_one_at_zero_and_saturates_at_its_ends()
    {
        Assert.Equal(1f, ScalarKernels.Exponential(0f));
        Assert.Equal(1f, ScalarKernels.Exponential(-0f));
        Assert.Equal(0f, ScalarKernels.Exponential(float.NegativeInfinity));
        Assert.Equal(0f, ScalarKernels.Exponential(-1e30f));
        Assert.Equal(ScalarKernels.Exponential(88f), ScalarKernels.Exponential(float.PositiveInfinity));
        Assert.True(float.IsFinite(ScalarKernels.Exponential(88f)));
        Assert.True(float.IsNormal(ScalarKernels.Exponential(-87f)));
    }

    [Fact]
    public void Gelu_with_tanh_is_close_to_double_precision()
    {
        double error = LargestGeluError(
            ScalarKernels.GeluTanh,
            x => x / (1 + Math.Exp(-2 * Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))));
        Assert.InRange(error, 0, 2e-7);
    }

    [Fact]
    public void Gelu_with_erf_is_close_to_double_precision()
    {
        double error = LargestGeluError(ScalarKernels.GeluErf, x => 0.5 * x * Erfc(-x / Math.Sqrt(2)));
        Assert.InRange(error, 0, 2e-7);
    }

    [Theory]
    [InlineData(20f)]
    [InlineData(1e10f)]
    [InlineData(1e30f)]
    [InlineData(float.MaxValue)]
    public void Gelu_of_large_values_is_the_value_or_nothing(float x)
    {
        Assert.Equal(x, ScalarKernels.GeluTanh(x));
        Assert.Equal(x, ScalarKernels.GeluErf(x));
        Assert.InRange(ScalarKernels.GeluTanh(-x), -1e-30f, 0f);
        Assert.InRange(ScalarKernels.GeluErf(-x), -1e-30f, 0f);
    }

    [Fact]
    public void A_negative_gelu_keeps_its_relative_precision()
    {
        for (float x = -5f; x < -0.01f; x += 0.001f)
        {
            double exact = 0.5 * x * Erfc(-x / Math.Sqrt(2));
            Assert.InRange(Math.Abs((ScalarKernels.GeluErf(x) / exact) - 1), 0, 5e-6);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    [InlineData(130)]
    [InlineData(768)]
    public void A_layer_norm_is_close_to_double_precision(int width)
    {
        Random random = new(11);
        int padded = PanelLayout.PaddedInputs(width);
        using NativeBuffer<float> residual = new(padded);
        using NativeBuffer<float> addend = new(padded);
        using NativeBuffer<float> gain = new(padded);
        using NativeBuffer<float> bias = new(padded);
        FloatRows.Fill(random, residual.Span[..width], 0);
        FloatRows.Fill(random, addend.Span[..width], 0);
        FloatRows.Fill(random, gain.Span[..width], 0);
        FloatRows.Fill(random, bias.Span[..width], 0);
        double[] x = [.. Enumerable.Range(0, width).Select(i => (double)(residual.Span[i] + addend.Span[i]))];
        double mean = x.Average();
        double inverse = 1 / Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + 1e-5f);

        using RowBuffers rows = new(1, padded / 64);
        ScalarKernels.AddNormalizeQuantize(residual.Pointer, addend.Pointer, width, gain.Pointer, bias.Pointer, 1e-5f, rows.View, 0);

        for (int i = 0; i < padded; i++)
        {
            double exact = i < width ? ((x[i] - mean) * inverse * gain.Span[i]) + bias.Span[i] : 0;
            float scale = rows.View.Scales[i / 64];
            double halfStep = scale * 0.5001;
            Assert.InRange(Math.Abs((rows.View.Values[i] * scale) - exact), 0, halfStep + 1e-5);
        }

        for (int i = 0; i < width; i++)
        {
            Assert.Equal((float)x[i], residual.Span[i]);
        }
    }

    [Theory]
    [InlineData(16, 1)]
    [InlineData(64, 200)]
    [InlineData(80, 65)]
    public void Attention_is_close_to_double_precision(int headStride, int keys)
    {
        using AttentionOperands operands = new(new Random(12), headStride, keys, magnitude: 2f);
        AttentionHead head = operands.Head;
        ScalarKernels.Attend(head);

        double[] weights = new double[keys];
        for (int position = 0; position < keys; position++)
        {
            double score = 0;
            for (int channel = 0; channel < headStride; channel++)
            {
                score += (double)head.Query[channel] * operands.Key(position, channel);
            }

            weights[position] = Math.Exp(score * head.ScoreScale);
        }

        double sum = weights.Sum();
        for (int channel = 0; channel < headStride; channel++)
        {
            double exact = 0;
            for (int position = 0; position < keys; position++)
            {
                exact += weights[position] / sum * operands.Value(position, channel);
            }

            Assert.InRange(Math.Abs(operands.Output.Span[channel] - exact), 0, 1e-5);
        }
    }

    [Fact]
    public void Queries_that_are_computed_together_have_the_bits_that_each_has_alone()
    {
        const int HeadStride = 48;
        foreach (int keys in new[] { 4, 63, 66, 67, 130 })
        {
            using AttentionOperands operands = new(new Random(14), HeadStride, keys, magnitude: 2f, queries: 4);
            AttentionHead head = operands.Head;
            ScalarKernels.Attend(head);
            using NativeBuffer<float> together = NativeBuffer<float>.CopyOf(operands.Output);
            operands.Output.Span.Clear();
            for (int query = 0; query < head.Queries; query++)
            {
                ScalarKernels.Attend(head with
                {
                    Queries = 1,
                    Query = head.Query + (query * head.QueryStride),
                    KeyCount = head.KeyCount + query,
                    Output = head.Output + (query * head.OutputStride),
                });
            }

            operands.Output.AssertSameBits(together, $"{keys} keys");
        }
    }

    [Fact]
    public void A_matrix_product_is_the_rounded_sum_of_exact_group_products()
    {
        Random random = new(13);
        using MatrixBuffer weights = new(random, 37, 200, extreme: true);
        using RowBuffers rows = RowBuffers.Random(random, 7, weights.View.Groups, extreme: true);
        using NativeBuffer<float> output = new(7 * 48);
        ScalarKernels.MultiplyPanels(weights.View, rows.View, null, output.Pointer, 48, 0, 3);
        for (int row = 0; row < 7; row++)
        {
            for (int n = 0; n < 37; n++)
            {
                double exact = 0;
                double magnitude = 0;
                for (int column = 0; column < 200; column++)
                {
                    sbyte* quads = rows.View.Locate(row, column / 64, out int quadStride, out nint scaleIndex);
                    double activation = quads[(column % 64 / 4 * quadStride) + (column % 4)] * (double)rows.View.Scales[scaleIndex];
                    double product = *weights.Weight(n, column) * (double)*weights.Scale(n, column / 64) * activation;
                    exact += product;
                    magnitude += Math.Abs(product);
                }

                Assert.InRange(Math.Abs(output.Span[(row * 48) + n] - exact), 0, magnitude * 3e-7);
            }
        }
    }

    [Fact]
    public void A_group_of_tiny_values_becomes_zeros_and_the_largest_becomes_127()
    {
        using NativeBuffer<float> source = new(128);
        source.Span[..64].Fill(1e-31f);
        source.Span[64..].Fill(-2f);
        using RowBuffers rows = new(1, 2);
        ScalarKernels.Quantize(source.Pointer, rows.View, 0, 0, 2);
        Assert.Equal(0f, rows.View.Scales[0]);
        Assert.Equal(0, rows.View.Sums[0]);
        Assert.Equal(2f / 127f, rows.View.Scales[1]);
        Assert.Equal(-127 * 64, rows.View.Sums[1]);
    }

    private static double LargestGeluError(Func<float, float> gelu, Func<double, double> exact)
    {
        double largest = 0;
        for (int i = -200_000; i <= 200_000; i++)
        {
            float x = i * 1e-4f;
            largest = Math.Max(largest, Math.Abs(gelu(x) - exact(x)) / Math.Max(1, Math.Abs(x)));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest error {largest:e2}");
        return largest;
    }

    /// <summary>
    /// The complementary error function in double precision: its Taylor series near zero, elsewhere Lentz's evaluation of the continued
    /// fraction (Abramowitz and Stegun, 7.1.5 and 7.1.14).
    /// </summary>
    private static double Erfc(double z)
    {
        if (z < 0)
        {
            return 2 - Erfc(-z);
        }

        if (z < 2)
        {
            double term = z;
            double sum = z;
            for (int n = 1; n < 60; n++)
            {
                term *= -z * z / n;
                sum += term / ((2 * n) + 1);
            }

            return 1 - (2 / Math.Sqrt(Math.PI) * sum);
        }

        double fraction = z;
        for (int n = 80; n > 0; n--)
        {
            fraction = z + (n / 2.0 / fraction);
        }

        return Math.Exp(-z * z) / (Math.Sqrt(Math.PI) * fraction);
    }
}
