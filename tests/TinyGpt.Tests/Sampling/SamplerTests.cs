using TinyGpt.Kernels;
using TinyGpt.Sampling;
using Xunit;

namespace TinyGpt.Tests.Sampling;

/// <summary>Choices against plain definitions: a softmax in double, a full sort, counting.</summary>
public sealed class SamplerTests
{
    private const int Vocabulary = 300;

    private readonly Sampler _sampler = new(LogitKernels.Of(KernelTiers.Select()), Vocabulary);

    public static TheoryData<string, SamplingOptions> Filters => new()
    {
        { "all", new() { Temperature = 1 } },
        { "cool", new() { Temperature = 0.5f } },
        { "hot", new() { Temperature = 3 } },
        { "top-k 5", new() { Temperature = 1, TopK = 5 } },
        { "top-k beyond the vocabulary", new() { Temperature = 1, TopK = 1000 } },
        { "top-p 0.6", new() { Temperature = 1, TopP = 0.6f } },
        { "top-p 0.9999", new() { Temperature = 2, TopP = 0.9999f } },
        { "min-p 0.2", new() { Temperature = 1, MinP = 0.2f } },
        { "top-k 20, top-p 0.8, min-p 0.05", new() { Temperature = 1.5f, TopK = 20, TopP = 0.8f, MinP = 0.05f } },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void Tokens_are_drawn_as_often_as_the_definition_says(string name, SamplingOptions options)
    {
        float[] logits = Logits(seed: 11);
        double[] expected = Distribution(logits, options);
        const int Draws = 40_000;
        int[] counts = new int[Vocabulary];
        DeterministicRandom random = new(99);
        for (int draw = 0; draw < Draws; draw++)
        {
            counts[_sampler.Choose(options, logits.AsSpan().ToArray(), [], ref random)]++;
        }

        for (int token = 0; token < Vocabulary; token++)
        {
            Assert.True(expected[token] > 0 || counts[token] == 0, $"{name}: token {token} is filtered out and was drawn");
            double deviation = Math.Sqrt(Draws * expected[token] * (1 - expected[token]));
            Assert.InRange(counts[token] - (Draws * expected[token]), (-5 * deviation) - 2, (5 * deviation) + 2);
        }
    }

    [Fact]
    public void Greedy_takes_the_lowest_id_among_equals()
    {
        float[] logits = new float[Vocabulary];
        logits[7] = logits[200] = 3;
        Assert.Equal(7, Choose(SamplingOptions.Greedy, logits, []));
        Assert.Equal(7, Choose(new SamplingOptions { Temperature = 1, TopK = 1 }, logits, []));
    }

    [Fact]
    public void Penalties_follow_their_definitions()
    {
        int[] history = [1, 1, 1, 2, 3];
        float[] Penalized(SamplingOptions options)
        {
            float[] logits = new float[Vocabulary];
            Array.Fill(logits, -1000);
            (logits[1], logits[2], logits[3], logits[4]) = (10, 9, -8, 7);
            Choose(options, logits, history);
            return logits[1..5];
        }

        Assert.Equal([5, 4.5f, -16, 7], Penalized(new SamplingOptions { RepetitionPenalty = 2 }));
        Assert.Equal([9, 8, -9, 7], Penalized(new SamplingOptions { PresencePenalty = 1 }));
        Assert.Equal([8.5f, 8.5f, -8.5f, 7], Penalized(new SamplingOptions { FrequencyPenalty = 0.5f }));
    }

    [Fact]
    public void A_bias_moves_a_logit_and_negative_infinity_forbids_a_token()
    {
        float[] logits = Logits(seed: 4);
        int best = Choose(SamplingOptions.Greedy, [.. logits], []);
        SamplingOptions forbidden = new SamplingOptions { LogitBias = new Dictionary<int, float> { [best] = float.NegativeInfinity } }.Frozen();
        Assert.NotEqual(best, Choose(forbidden, [.. logits], []));
        SamplingOptions forced = new SamplingOptions { LogitBias = new Dictionary<int, float> { [42] = 1000 } }.Frozen();
        Assert.Equal(42, Choose(forced, [.. logits], []));
    }

    [Fact]
    public void Logits_that_are_no_numbers_still_give_a_token_of_the_vocabulary()
    {
        SamplingOptions[] all =
        [
            SamplingOptions.Greedy, new() { Temperature = 1 }, new() { Temperature = 1, TopK = 3 }, new() { Temperature = 1, TopP = 0.5f },
        ];
        foreach (float value in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            float[] logits = new float[Vocabulary];
            Array.Fill(logits, value);
            Assert.All(all, options => Assert.InRange(Choose(options, [.. logits], []), 0, Vocabulary - 1));
        }
    }


    private static float[] Logits(uint seed)
    {
        DeterministicRandom random = new(seed);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ => (float)((random.NextDouble() * 12) - 6))];
    }

    private static double[] Distribution(float[] logits, SamplingOptions options)
    {
        int[] order = [.. Enumerable.Range(0, Vocabulary).OrderByDescending(token => logits[token]).ThenBy(token => token)];
        double[] weights = [.. order.Select(token => Math.Exp((logits[token] - logits[order[0]]) / options.Temperature))];
        int kept = options.TopK is 0 ? Vocabulary : Math.Min(options.TopK, Vocabulary);
        double total = weights.Take(kept).Sum();
        double mass = 0;
        double[] distribution = new double[Vocabulary];
        for (int i = 0; i < kept && mass < options.TopP * total && weights[i] >= options.MinP; i++)
        {
            mass += weights[i];
            distribution[order[i]] = weights[i];
        }

        return [.. distribution.Select(weight => weight / mass)];
    }

    private int Choose(SamplingOptions options, float[] logits, int[] history)
    {
        DeterministicRandom random = new(1);
        return _sampler.Choose(options, logits, history, ref random);
    }
}
