using System.Numerics;

namespace TinyGpt.Sampling;

/// <summary>
/// Chooses tokens from logits. Everything that decides is either an exact comparison or arithmetic that is the same on every machine:
/// the exponentials are the kernels' own, sums run in double in a fixed order. Holds scratch for one vocabulary; not thread-safe.
/// Nothing is allocated after construction.
/// </summary>
internal sealed class Sampler(LogitKernels kernels, int vocabularySize)
{
    private const float FirstThreshold = 1f / 64;
    private const float LowestThreshold = 1e-30f;
    private const int BitsInWord = 64;

    private readonly float[] _weights = new float[vocabularySize];
    private readonly ulong[] _candidates = new ulong[vocabularySize];
    private readonly int[] _occurrences = new int[vocabularySize];
    private readonly ulong[] _allowed = new ulong[BitWords(vocabularySize)];

    /// <summary>Managed bytes that a sampler holds.</summary>
    public static long Bytes(int vocabularySize) =>
        ((long)vocabularySize * (sizeof(float) + sizeof(ulong) + sizeof(int))) + ((long)BitWords(vocabularySize) * sizeof(ulong));

    /// <summary>Chooses the next token among those that a constraint allows.</summary>
    /// <param name="constraint">The constraint.</param>
    /// <param name="state">Its state.</param>
    /// <param name="tokensLeft">How many tokens the answer may still have.</param>
    /// <param name="options">As for <see cref="Choose"/>, and so on.</param>
    /// <param name="logits">The logits of the last position; changed.</param>
    /// <param name="history">The sequence so far.</param>
    /// <param name="random">The session's generator.</param>
    /// <param name="isShortened">Set if the constraint left tokens out so that the answer ends in time.</param>
    /// <param name="token">The token, which the constraint allows whatever the logits and the options say.</param>
    /// <returns>False if the constraint allows none.</returns>
    public bool TryChoose(
        TokenConstraint constraint,
        int state,
        int tokensLeft,
        SamplingOptions options,
        Span<float> logits,
        ReadOnlySpan<int> history,
        ref DeterministicRandom random,
        ref bool isShortened,
        out int token)
    {
        Span<ulong> allowed = _allowed;
        allowed.Clear();
        isShortened |= constraint.AllowWithin(state, tokensLeft, allowed);
        int first = Forbid(allowed, logits);
        token = first;
        if (first < 0)
        {
            return false;
        }

        int chosen = Choose(options, logits, history, ref random);
        if ((allowed[chosen / BitsInWord] >> (chosen % BitsInWord) & 1) != 0)
        {
            token = chosen; // otherwise biases forbid all that is allowed, or the logits are no numbers
        }

        return true;
    }

    /// <summary>The natural logarithm of a token's probability.</summary>
    public double LogProbability(ReadOnlySpan<float> logits, int token) => TokenProbability.Log(kernels, logits, token, _weights);

    /// <summary>Chooses the next token.</summary>
    /// <param name="options">How; validated and frozen.</param>
    /// <param name="logits">The logits of the last position; changed.</param>
    /// <param name="history">The sequence so far, for the penalties.</param>
    /// <param name="random">The session's generator; used once if the choice is random.</param>
    /// <returns>A token id, always within the vocabulary.</returns>
    public int Choose(SamplingOptions options, Span<float> logits, ReadOnlySpan<int> history, ref DeterministicRandom random)
    {
        AddBias(options, logits);
        ApplyPenalties(options, logits, history);
        int likeliest = kernels.ArgMax(logits);
        if (options.IsGreedy)
        {
            return likeliest;
        }

        float maximum = logits[likeliest];
        float inverseTemperature = 1 / options.Temperature;
        double draw = random.NextDouble();
        Span<float> weights = _weights;
        if (options.TopK is > 0 && options.TopK < logits.Length)
        {
            int kept = KeepLargest(logits, options.TopK);
            return DrawFromCandidates(options, logits, kept, maximum, inverseTemperature, total: null, draw, likeliest);
        }

        kernels.SoftmaxWeights(logits, maximum, inverseTemperature, weights);
        double total = TokenProbability.Sum(weights);
        if (options.TopP < 1 || options.MinP > 0)
        {
            int kept = KeepLikely(logits, options, total);
            return DrawFromCandidates(options, logits, kept, maximum, inverseTemperature, total, draw, likeliest);
        }

        int index = Draw(weights, total * draw);
        return index < 0 ? likeliest : index;
    }

    private static int BitWords(int vocabularySize) => (vocabularySize + BitsInWord - 1) / BitsInWord;

    /// <summary>Makes what is not allowed impossible.</summary>
    /// <returns>The first token that is allowed, or -1.</returns>
    private static int Forbid(ReadOnlySpan<ulong> allowed, Span<float> logits)
    {
        int first = -1;
        for (int word = 0; word < allowed.Length; word++)
        {
            int start = word * BitsInWord;
            Span<float> part = logits[start..Math.Min(start + BitsInWord, logits.Length)];
            ulong bits = allowed[word];
            if (bits == 0)
            {
                part.Fill(float.NegativeInfinity);
                continue;
            }

            first = first < 0 ? start + BitOperations.TrailingZeroCount(bits) : first;
            for (ulong missing = ~bits; missing != 0; missing &= missing - 1)
            {
                int i = BitOperations.TrailingZeroCount(missing);
                if (i >= part.Length)
                {
                    break;
                }

                part[i] = float.NegativeInfinity;
            }
        }

        return first < logits.Length ? first : -1;
    }

    private static void AddBias(SamplingOptions options, Span<float> logits)
    {
        if (options.LogitBias is { } frozen)
        {
            // The frozen options' own type: its enumerator is a struct, the interface's would be allocated.
            Dictionary<int, float> biases = (Dictionary<int, float>)frozen;
            foreach ((int token, float bias) in biases)
            {
                logits[token] += bias;
            }
        }
    }

    /// <summary>The first index at which the running sum exceeds the target, or -1 (if the weights are NaN).</summary>
    private static int Draw(ReadOnlySpan<float> weights, double target)
    {
        double sum = 0;
        int last = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            sum += weights[i];
            if (sum > target)
            {
                return i;
            }

            last = weights[i] > 0 ? i : last;
        }

        return last;
    }

    /// <summary>A key that sorts by logit, and lower ids above higher ones among equals.</summary>
    private static ulong Key(float logit, int token)
    {
        float value = float.IsNaN(logit) ? float.NegativeInfinity : logit + 0f; // -0 becomes +0
        int bits = BitConverter.SingleToInt32Bits(value);
        uint ordered = bits < 0 ? ~(uint)bits : (uint)bits | 0x80000000;
        return ((ulong)ordered << 32) | (uint)~token;
    }

    private static int TokenOf(ulong key) => (int)~(uint)key;

    private static void SiftDown(Span<ulong> heap, int index)
    {
        ulong moving = heap[index];
        while (true)
        {
            int child = (2 * index) + 1;
            if (child >= heap.Length)
            {
                break;
            }

            if (child + 1 < heap.Length && heap[child + 1] < heap[child])
            {
                child++;
            }

            if (moving <= heap[child])
            {
                break;
            }

            heap[index] = heap[child];
            index = child;
        }

        heap[index] = moving;
    }

    private void ApplyPenalties(SamplingOptions options, Span<float> logits, ReadOnlySpan<int> history)
    {
        if (!options.HasPenalties)
        {
            return;
        }

        foreach (int token in history)
        {
            _occurrences[token]++;
        }

        foreach (int token in history)
        {
            int count = _occurrences[token];
            if (count == 0)
            {
                continue; // seen before in this loop
            }

            _occurrences[token] = 0;
            float logit = logits[token];
            logit = logit > 0 ? logit / options.RepetitionPenalty : logit * options.RepetitionPenalty;
            logit -= count * options.FrequencyPenalty;
            logits[token] = logit - options.PresencePenalty;
        }
    }

    /// <summary>Puts the keys of the k largest logits into the candidates: a heap whose root is the smallest that was kept.</summary>
    private int KeepLargest(ReadOnlySpan<float> logits, int k)
    {
        Span<ulong> heap = _candidates.AsSpan(0, k);
        for (int token = 0; token < k; token++)
        {
            heap[token] = Key(logits[token], token);
        }

        for (int index = (k / 2) - 1; index >= 0; index--)
        {
            SiftDown(heap, index);
        }

        for (int token = k; token < logits.Length; token++)
        {
            ulong key = Key(logits[token], token);
            if (key > heap[0])
            {
                heap[0] = key;
                SiftDown(heap, 0);
            }
        }

        return k;
    }

    /// <summary>
    /// Puts the keys of every token into the candidates that top-p and min-p can keep, and mostly no more: those at least a threshold as
    /// likely as the likeliest, with the threshold lowered until they hold top-p's share. Sorting the whole vocabulary would cost more
    /// than the model.
    /// </summary>
    private int KeepLikely(ReadOnlySpan<float> logits, SamplingOptions options, double total)
    {
        float threshold = Math.Max(options.MinP, options.TopP < 1 ? FirstThreshold : 0);
        while (true)
        {
            int kept = 0;
            double mass = 0;
            for (int token = 0; token < logits.Length; token++)
            {
                if (_weights[token] >= threshold)
                {
                    mass += _weights[token];
                    _candidates[kept++] = Key(logits[token], token);
                }
            }

            if (mass >= options.TopP * total || threshold <= options.MinP || threshold < LowestThreshold)
            {
                return kept;
            }

            threshold = Math.Max(options.MinP, threshold / 64);
        }
    }

    private int DrawFromCandidates(
        SamplingOptions options, ReadOnlySpan<float> logits, int count, float maximum, float inverseTemperature, double? total, double draw, int fallback)
    {
        Span<ulong> keys = _candidates.AsSpan(0, count);
        keys.Sort();
        keys.Reverse();
        Span<float> weights = _weights.AsSpan(0, count);
        for (int i = 0; i < count; i++)
        {
            weights[i] = logits[TokenOf(keys[i])];
        }

        kernels.SoftmaxWeights(weights, maximum, inverseTemperature, weights);
        double share = options.TopP < 1 ? options.TopP * (total ?? TokenProbability.Sum(weights)) : double.PositiveInfinity;
        double mass = 0;
        int kept = 0;
        while (kept < count && mass < share && (kept == 0 || weights[kept] >= options.MinP * weights[0]))
        {
            mass += weights[kept++];
        }

        int index = Draw(weights[..kept], mass * draw);
        return index < 0 ? fallback : TokenOf(keys[index]);
    }
}
