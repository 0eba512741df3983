using TinyGpt.Kernels;
using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Tests;

/// <summary>
/// Every operation on every kind of lanes: forward against float64, backward against differences of the float64 forward.
/// </summary>
public sealed unsafe class RowOperationTests
{
    private const double Step = 1e-5;
    private const double Epsilon = 1e-5;

    /// <summary>Every kind of lanes that runs here × widths around 16.</summary>
    public static TheoryData<int, int> Widths()
    {
        TheoryData<int, int> data = [];
        for (int lanes = 0; lanes < RowOperations.Supported().Count(); lanes++)
        {
            foreach (int width in new[] { 3, 16, 37, 64 })
            {
                data.Add(lanes, width);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Layer_norm_and_its_gradients(int lanes, int width)
    {
        const int Rows = 3;
        RowOperations operations = RowOperations.Supported().ElementAt(lanes);
        using NativeFloats memory = new(width);
        float* x = memory.Random(Rows * width, 3);
        float* gain = memory.Random(width, 2);
        float* bias = memory.Random(width);
        float* y = memory.Zeros(Rows * width);
        float* means = memory.Zeros(Rows);
        float* inverses = memory.Zeros(Rows);
        operations.LayerNorm(x, Rows, width, gain, bias, (float)Epsilon, y, means, inverses);
        double[] x64 = NativeFloats.Doubles(x, Rows * width);
        double[] gain64 = NativeFloats.Doubles(gain, width);
        double[] bias64 = NativeFloats.Doubles(bias, width);
        Close(Norm(x64, gain64, bias64), y, 2e-6);

        float* dy = memory.Random(Rows * width);
        float* dx = memory.Random(Rows * width);
        float* dgain = memory.Random(width);
        float* dbias = memory.Random(width);
        double[] upstream = NativeFloats.Doubles(dy, Rows * width);
        double[][] before = [NativeFloats.Doubles(dx, Rows * width), NativeFloats.Doubles(dgain, width), NativeFloats.Doubles(dbias, width)];
        operations.LayerNormBackward(dy, x, Rows, width, gain, means, inverses, dx, dgain, dbias);
        double Loss() => Dot(Norm(x64, gain64, bias64), upstream);
        Close(Sum(before[0], Differences(x64, Loss)), dx, 2e-5);
        Close(Sum(before[1], Differences(gain64, Loss)), dgain, 2e-5);
        Close(Sum(before[2], Differences(bias64, Loss)), dbias, 2e-5);
        memory.AssertGuards();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Gelu_and_its_gradient(int lanes, int width)
    {
        RowOperations operations = RowOperations.Supported().ElementAt(lanes);
        foreach (Activation form in (Activation[])[Activation.GeluTanh, Activation.GeluErf])
        {
            using NativeFloats memory = new(width);
            float* x = memory.Random(width, 6);
            x[0] = -40;
            x[1] = 1e20f;
            x[2] = 0;
            float* y = memory.Zeros(width);
            float* again = memory.Zeros(width);
            float* gradient = memory.Random(width);
            double[] upstream = NativeFloats.Doubles(gradient, width);
            operations.Gelu(form, x, y, width);
            operations.GeluBackward(form, x, again, gradient, width);
            for (int i = 0; i < width; i++)
            {
                double expected = Gelu(form, x[i]);
                double slope = x[i] > 1e10 ? 1 : (Gelu(form, x[i] + Step) - Gelu(form, x[i] - Step)) / (2 * Step);
                Assert.Equal(y[i], again[i]);
                Assert.True(Math.Abs(expected - y[i]) <= 1e-6 * (1 + Math.Abs(expected)), $"GELU({x[i]}) is {y[i]}, not {expected}.");
                Assert.True(Math.Abs((slope * upstream[i]) - gradient[i]) <= 3e-6, $"GELU'({x[i]}): {gradient[i]}, not {slope * upstream[i]}.");
            }

            memory.AssertGuards();
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Softmax_and_its_gradient(int lanes, int width)
    {
        const float Scale = 0.4f;
        RowOperations operations = RowOperations.Supported().ElementAt(lanes);
        using NativeFloats memory = new(width);
        float* shares = memory.Random(width + 9, 8);
        float* gradient = memory.Random(width + 9);
        double[] scores = NativeFloats.Doubles(shares, width);
        double[] upstream = NativeFloats.Doubles(gradient, width);
        operations.Softmax(shares, width, width + 9, Scale);
        Close(Softmax(scores, Scale), shares, 1e-6);
        operations.SoftmaxBackward(shares, gradient, width, width + 9, Scale);
        Close(Differences(scores, () => Dot(Softmax(scores, Scale), upstream)), gradient, 2e-6);
        for (int i = width; i < width + 9; i++)
        {
            Assert.Equal(0, shares[i]);
            Assert.Equal(0, gradient[i]);
        }

        memory.AssertGuards();
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Cross_entropy_and_its_gradient(int lanes, int width)
    {
        RowOperations operations = RowOperations.Supported().ElementAt(lanes);
        foreach (int target in new[] { 0, width - 1 })
        {
            using NativeFloats memory = new(width);
            float* logits = memory.Random(width, 20);
            double[] logits64 = NativeFloats.Doubles(logits, width);
            double Loss() => -Math.Log(Softmax(logits64, 1)[target]);
            double expected = Loss();
            Assert.Equal(expected, operations.CrossEntropy(logits, width, target, 0.5f), 1e-5);
            double[] slopes = Differences(logits64, Loss);
            Close([.. slopes.Select(slope => slope / 2)], logits, 1e-6);
            memory.AssertGuards();
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Sums(int lanes, int width)
    {
        const int Rows = 5;
        const int Stride = 70;
        RowOperations operations = RowOperations.Supported().ElementAt(lanes);
        using NativeFloats memory = new(width);
        float* x = memory.Random(Rows * Stride);
        float* sums = memory.Random(width);
        float* added = memory.Zeros(width);
        double[] expected = NativeFloats.Doubles(sums, width);
        operations.AddColumnSums(x, Rows, Stride, width, sums);
        operations.Add(x, x + Stride, added, width);
        for (int column = 0; column < width; column++)
        {
            for (int row = 0; row < Rows; row++)
            {
                expected[column] += x[(row * Stride) + column];
            }

            Assert.Equal(x[column] + x[Stride + column], added[column]);
        }

        Close(expected, sums, 1e-6);
        Assert.Equal(NativeFloats.Doubles(x, width).Sum(value => value * value), operations.SumOfSquares(x, width), 1e-5);
        memory.AssertGuards();
    }

    [Fact]
    public void All_lanes_give_the_same_bits()
    {
        const int Count = 333;
        float[][] results = [.. RowOperations.Supported().Select(operations =>
        {
            using NativeFloats memory = new(4);
            float* x = memory.Random(Count, 4);
            float* y = memory.Random(Count);
            float* gradient = memory.Random(Count);
            operations.GeluBackward(Activation.GeluTanh, x, y, gradient, Count);
            operations.Softmax(x, Count, Count, 1f);
            return (float[])[.. new Span<float>(x, Count), .. new Span<float>(y, Count), .. new Span<float>(gradient, Count),
                (float)operations.SumOfSquares(y, Count)];
        })];
        Assert.All(results, result => Assert.Equal(results[0], result));
    }

    private static double[] Norm(double[] x, double[] gain, double[] bias) => [.. x.Chunk(gain.Length).SelectMany(row =>
    {
        double mean = row.Average();
        double deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + Epsilon);
        return row.Select((value, i) => ((value - mean) / deviation * gain[i]) + bias[i]);
    })];

    private static double[] Softmax(double[] scores, double scale)
    {
        double largest = scores.Max();
        double[] powers = [.. scores.Select(score => Math.Exp((score - largest) * scale))];
        double sum = powers.Sum();
        return [.. powers.Select(power => power / sum)];
    }

    private static double Gelu(Activation form, double x) => form == Activation.GeluTanh
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : x * NormalShare(x);

    /// <summary>Φ(x) as Simpson's rule over the density from -12.</summary>
    private static double NormalShare(double x)
    {
        const int Panels = 2000;
        double from = -12;
        double to = Math.Clamp(x, from, 12);
        double width = (to - from) / Panels;
        double sum = 0;
        for (int i = 0; i <= Panels; i++)
        {
            double at = from + (i * width);
            sum += Math.Exp(-at * at / 2) * (i is 0 or Panels ? 1 : i % 2 == 1 ? 4 : 2);
        }

        return sum * width / 3 / Math.Sqrt(2 * Math.PI);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (p, q) => p + q)];

    private static double[] Differences(double[] variables, Func<double> loss)
    {
        double[] slopes = new double[variables.Length];
        for (int i = 0; i < variables.Length; i++)
        {
            double before = variables[i];
            variables[i] = before + Step;
            double above = loss();
            variables[i] = before - Step;
            slopes[i] = (above - loss()) / (2 * Step);
            variables[i] = before;
        }

        return slopes;
    }

    private static void Close(double[] expected, float* actual, double tolerance)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance * (1 + Math.Abs(expected[i])), $"[{i}] is {actual[i]}, not {expected[i]}.");
        }
    }
}
