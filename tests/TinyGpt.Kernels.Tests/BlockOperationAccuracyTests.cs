using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Compares the scalar tier, and the functions of double precision, with the system's own double precision.</summary>
public sealed unsafe class BlockOperationAccuracyTests
{
    [Fact]
    public void Silu_is_close_to_double_precision_and_nothing_far_below_zero()
    {
        double largest = 0;
        for (int i = -200_000; i <= 200_000; i++)
        {
            float x = i * 1e-3f;
            double exact = x / (1 + Math.Exp(-x));
            largest = Math.Max(largest, Math.Abs(ScalarKernels.Silu(x) - exact) / Math.Max(1, Math.Abs(x)));
        }

        Assert.InRange(largest, 0, 2e-7);
        foreach (float x in new[] { 88f, 1e10f, float.MaxValue })
        {
            Assert.Equal(x, ScalarKernels.Silu(x));
            Assert.InRange(ScalarKernels.Silu(-x), -1e-30f, 0f);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    [InlineData(130)]
    [InlineData(576)]
    public void An_rms_norm_is_close_to_double_precision(int width)
    {
        Random random = new(31);
        int padded = PanelLayout.PaddedInputs(width);
        using NativeBuffer<float> values = new(padded);
        using NativeBuffer<float> gain = new(padded);
        FloatRows.Fill(random, values.Span[..width], 0);
        FloatRows.Fill(random, gain.Span[..width], 0);
        double[] before = [.. values.Span[..width].ToArray().Select(value => (double)value)];
        double root = Math.Sqrt((before.Sum(value => value * value) / width) + 1e-5);
        ScalarKernels.NormalizeHead(values.Pointer, width, gain.Pointer, 1e-5f);
        for (int i = 0; i < width; i++)
        {
            double exact = before[i] / root * gain.Span[i];
            Assert.InRange(Math.Abs(values.Span[i] - exact), 0, 1e-6 * Math.Max(1, Math.Abs(exact)));
        }
    }

    [Fact]
    public void Attention_within_a_window_is_attention_over_its_keys_alone()
    {
        const int Window = 20;
        const int Keys = 150; // so that the window starts in the third page
        using AttentionOperands operands = new(new Random(32), 32, Keys, magnitude: 3f);
        AttentionHead head = operands.Head with { Window = Window };
        ScalarKernels.Attend(head);
        double[] weights = new double[Keys];
        for (int position = Keys - Window; position < Keys; position++)
        {
            double score = Enumerable.Range(0, 32).Sum(channel => (double)head.Query[channel] * operands.Key(position, channel));
            weights[position] = Math.Exp(score * head.ScoreScale);
        }

        for (int channel = 0; channel < 32; channel++)
        {
            double exact = weights.Select((weight, position) => weight / weights.Sum() * operands.Value(position, channel)).Sum();
            Assert.InRange(Math.Abs(operands.Output.Span[channel] - exact), 0, 1e-5);
        }
    }

    [Fact]
    public void Sine_and_cosine_are_exact_to_fifteen_places_up_to_the_largest_angle()
    {
        double largest = 0;
        Random random = new(33);
        for (int i = 0; i < 400_000; i++)
        {
            double angle = i < 200_000 ? i * 1e-4 : random.NextDouble() * ElementaryFunctions.MaxAngle;
            (double sine, double cosine) = ElementaryFunctions.SineAndCosine(angle);
            (double exactSine, double exactCosine) = Math.SinCos(angle);
            largest = Math.Max(largest, Math.Max(Math.Abs(sine - exactSine), Math.Abs(cosine - exactCosine)));
            Assert.Equal((-sine, cosine), ElementaryFunctions.SineAndCosine(-angle));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest error {largest:e2}");
        Assert.InRange(largest, 0, 1e-15);
        Assert.Equal((0, 1), ElementaryFunctions.SineAndCosine(0));
    }

    [Fact]
    public void Exponential_and_logarithm_are_exact_to_fifteen_places()
    {
        double largest = 0;
        for (int i = -70_000; i <= 70_000; i++)
        {
            double x = i * 1e-2;
            largest = Math.Max(largest, Math.Abs((ElementaryFunctions.Exponential(x) / Math.Exp(x)) - 1));
        }

        Assert.InRange(largest, 0, 1e-15);
        foreach (double x in new[] { 1e-300, 1e-3, 0.5, 0.7, 0.999999, 1, 1.000001, 1.4142, 1.4143, 2, 10000, 500000, 1e6, 3e38, 1e300 })
        {
            double exact = Math.Log(x);
            Assert.InRange(Math.Abs(ElementaryFunctions.Logarithm(x) - exact), 0, 1e-15 * Math.Max(1, Math.Abs(exact)));
        }
    }
}
