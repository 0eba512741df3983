namespace TinyGpt.Sampling;

/// <summary>The probability of a token, for log-probabilities and perplexities, with the same bits on every machine.</summary>
internal static class TokenProbability
{
    /// <summary>The natural logarithm of a token's probability: the softmax of the logits as they are, summed in double in order of ids.</summary>
    /// <param name="kernels">They compute the softmax.</param>
    /// <param name="logits">The logits of the token's position; finite.</param>
    /// <param name="token">The token.</param>
    /// <param name="weights">Scratch, as many numbers as there are logits.</param>
    public static double Log(LogitKernels kernels, ReadOnlySpan<float> logits, int token, Span<float> weights)
    {
        float maximum = logits[kernels.ArgMax(logits)];
        kernels.SoftmaxWeights(logits, maximum, 1, weights);
        return (double)logits[token] - maximum - DeterministicMath.Log(Sum(weights));
    }

    /// <summary>The sum in double, in the order of the weights.</summary>
    public static double Sum(ReadOnlySpan<float> weights)
    {
        double sum = 0;
        foreach (float weight in weights)
        {
            sum += weight;
        }

        return sum;
    }
}
