using TinyGpt.Kernels;

namespace TinyGpt.Tests.Reference;

/// <summary>
/// GPT-2 in float64, straight from the paper and slow: the oracle for the engine. With <paramref name="quantizeActivations"/> every
/// matrix sees its input as the engine's int8 kernels see it, so that with dequantized weights only the implementation can differ; with
/// <paramref name="quantizeCache"/> attention sees queries, keys and values as over an int8 cache.
/// </summary>
internal sealed class ReferenceGpt2(ModelConfig config, ReferenceWeights weights, bool quantizeActivations, bool quantizeCache = false)
{
    /// <summary>Logits of every position, [position][token].</summary>
    public double[][] Logits(ReadOnlySpan<int> tokens)
    {
        double[][] x = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
        {
            x[t] = Add(weights.TokenEmbedding[tokens[t]], weights.PositionEmbedding[t]);
        }

        foreach (ReferenceBlock block in weights.Blocks)
        {
            double[][] qkv = [.. x.Select(row => SeenByCache(block.QueryKeyValue.Apply(Seen(Norm(row, block.AttentionNorm)))))];
            for (int t = 0; t < x.Length; t++)
            {
                double[] attended = [.. Enumerable.Range(0, config.Heads).SelectMany(head => Attend(qkv, t, head))];
                x[t] = Add(x[t], block.AttentionOutput.Apply(SeenByHeads(attended)));
            }

            for (int t = 0; t < x.Length; t++)
            {
                double[] hidden = block.FeedForwardIn.Apply(Seen(Norm(x[t], block.FeedForwardNorm)));
                x[t] = Add(x[t], block.FeedForwardOut.Apply(Seen([.. hidden.Select(Gelu)])));
            }
        }

        return [.. x.Select(row => weights.Head.Apply(Seen(Norm(row, weights.FinalNorm))))];
    }

    private static double[] Add(double[] a, double[] b) => [.. a.Zip(b, (p, q) => p + q)];

    private double[] Norm(double[] x, ReferenceNorm norm)
    {
        double mean = x.Average();
        double variance = x.Average(value => (value - mean) * (value - mean));
        double scale = 1 / Math.Sqrt(variance + config.NormEpsilon);
        return [.. x.Select((value, i) => ((value - mean) * scale * norm.Gain[i]) + norm.Bias[i])];
    }

    private double[] Attend(double[][] qkv, int t, int head)
    {
        int size = config.HeadSize;
        int at = head * size;
        double[] scores = new double[t + 1];
        for (int s = 0; s <= t; s++)
        {
            for (int i = 0; i < size; i++)
            {
                scores[s] += qkv[t][at + i] * qkv[s][config.Width + at + i] / Math.Sqrt(size);
            }
        }

        double maximum = scores.Max();
        double[] shares = [.. scores.Select(score => Math.Exp(score - maximum))];
        double sum = shares.Sum();
        return [.. Enumerable.Range(0, size).Select(
            i => Enumerable.Range(0, t + 1).Sum(s => shares[s] / sum * qkv[s][(2 * config.Width) + at + i]))];
    }

    private double Gelu(double x) => config.Activation == Activation.GeluTanh
        ? 0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x))))
        : 0.5 * x * (1 + ErrorFunction(x / Math.Sqrt(2)));

    /// <summary>The Maclaurin series near zero and the continued fraction of erfc beyond (Abramowitz and Stegun 7.1.6, 7.1.14).</summary>
    internal static double ErrorFunction(double x)
    {
        double z = Math.Abs(x);
        if (z < 3)
        {
            double term = z;
            double sum = z;
            for (int n = 1; n < 200; n++)
            {
                term *= 2 * z * z / ((2 * n) + 1);
                sum += term;
            }

            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * Math.Exp(-z * z) * sum;
        }

        double fraction = 0;
        for (int n = 100; n > 0; n--)
        {
            fraction = n / 2.0 / (z + fraction);
        }

        return Math.Sign(x) * (1 - (Math.Exp(-z * z) / Math.Sqrt(Math.PI) / (z + fraction)));
    }

    /// <summary>Groups run over padded heads: a head size that is no multiple of 16 shifts the borders.</summary>
    private double[] SeenByHeads(double[] attended)
    {
        double[] padded = new double[config.AttentionWidth];
        for (int i = 0; i < attended.Length; i++)
        {
            padded[(i / config.HeadSize * config.HeadStride) + (i % config.HeadSize)] = attended[i];
        }

        padded = Seen(padded);
        return [.. attended.Select((_, i) => padded[(i / config.HeadSize * config.HeadStride) + (i % config.HeadSize)])];
    }

    private double[] Seen(double[] x) => quantizeActivations ? Quantized(x, 64) : x;

    private double[] SeenByCache(double[] x) => quantizeCache ? Quantized(x, config.HeadSize) : x;

    private static double[] Quantized(double[] x, int groupSize) => [.. x.Chunk(groupSize).SelectMany(group =>
    {
        double largest = group.Max(Math.Abs);
        return group.Select(value => largest == 0 ? 0 : Math.Round(value * 127 / largest) * largest / 127);
    })];
}
