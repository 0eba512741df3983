using System.Text.Json;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Tests.Reference;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>The engine's logits against a float64 forward pass: what quantization costs, and what the implementation gets wrong.</summary>
public sealed class ReferenceTests
{
    private const double ImplementationError = 1e-3;

    public static TheoryData<KernelTier> Tiers => TestModels.Tiers;

    public static TheoryData<KernelTier, WeightPrecision> TiersAndPrecisions
    {
        get
        {
            TheoryData<KernelTier, WeightPrecision> data = [];
            foreach (KernelTier tier in KernelTiers.All)
            {
                data.Add(tier, WeightPrecision.Int8);
                data.Add(tier, WeightPrecision.Int4);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TiersAndPrecisions))]
    public void Logits_agree_with_the_reference_on_the_same_quantized_numbers(KernelTier tier, WeightPrecision precision)
    {
        TestModels.SkipUnlessSupported(tier);
        foreach (ModelConfig config in new[] { TestModels.Even, TestModels.Odd })
        {
            using TgptFile file = TestModels.RandomFile(config, precision: precision);
            using GptModel model = new(file);
            int[] tokens = TestModels.Tokens(config, 30);
            double[][] expected = new ReferenceGpt2(config, ReferenceWeights.FromPacked(file), quantizeActivations: true).Logits(tokens);
            using LogitsEvaluator evaluator = new(model, tier: tier);
            for (int length = 1; length <= tokens.Length; length += 29)
            {
                Assert.InRange(RelativeError(expected[length - 1], evaluator.Evaluate(tokens.AsSpan(0, length))), 0, ImplementationError);
            }
        }
    }

    [Fact]
    public void Quantization_costs_the_small_language_model_little_and_the_implementation_nothing()
    {
        string folder = SharedData.RequireOrSkip("models/slm4096");
        using TgptFile file = ModelSource.LoadAny(folder);
        using GptModel model = new(file);
        string corpus = File.ReadAllText(Path.Combine(folder, "corpus.txt"));
        int[] tokens = model.Tokenizer!.Encode(corpus)[..100];
        ReferenceWeights original = ReferenceWeights.FromCheckpoint(Path.Combine(folder, "model.safetensors"), model.Config);
        double[] exact = new ReferenceGpt2(model.Config, original, quantizeActivations: false).Logits(tokens)[^1];
        double[] quantized = new ReferenceGpt2(model.Config, ReferenceWeights.FromPacked(file), quantizeActivations: true).Logits(tokens)[^1];
        using LogitsEvaluator evaluator = new(model);
        ReadOnlySpan<float> logits = evaluator.Evaluate(tokens);
        Assert.InRange(RelativeError(exact, logits), 0, 0.03);
        Assert.InRange(RelativeError(quantized, logits), 0, ImplementationError);
    }

    [Fact]
    public void Quantization_costs_the_small_language_model_less_than_a_hundredth_of_its_perplexity()
    {
        string folder = SharedData.RequireOrSkip("models/slm4096");
        using GptModel model = TestModels.Slm4096();
        int[] tokens = model.Tokenizer!.Encode(File.ReadAllText(Path.Combine(folder, "corpus.txt")))[..128];
        ReferenceWeights original = ReferenceWeights.FromCheckpoint(Path.Combine(folder, "model.safetensors"), model.Config);
        double[][] logits = new ReferenceGpt2(model.Config, original, quantizeActivations: false).Logits(tokens);
        double negativeLogLikelihood = 0;
        for (int t = 0; t + 1 < tokens.Length; t++)
        {
            double maximum = logits[t].Max();
            negativeLogLikelihood += maximum + Math.Log(logits[t].Sum(value => Math.Exp(value - maximum))) - logits[t][tokens[t + 1]];
        }

        using LogitsEvaluator evaluator = new(model);
        PerplexityResult measured = evaluator.MeasurePerplexity(tokens);
        Assert.Equal(tokens.Length - 1, measured.Tokens);
        Assert.InRange(measured.Perplexity / Math.Exp(negativeLogLikelihood / (tokens.Length - 1)), 0.99, 1.01);
    }

    [Fact]
    public void A_perplexity_has_the_same_digits_on_every_tier_and_is_that_of_the_scores()
    {
        using GptModel model = TestModels.Random(TestModels.Even);
        int[] tokens = TestModels.Tokens(TestModels.Even, 90);
        double[] perplexities = [.. TestModels.SupportedTiers.Select(tier =>
        {
            using LogitsEvaluator evaluator = new(model, threads: 2, tier, batchTokens: 7);
            return evaluator.MeasurePerplexity(tokens).Perplexity;
        })];
        Assert.Single(perplexities.Distinct());

        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession();
        session.Append(tokens.AsSpan(0, 1), answer: false);
        session.Score(tokens.AsSpan(1));
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(DeterministicMath.Exp(-session.LogProbability / 89), perplexities[0]);
    }

    [Theory]
    [MemberData(nameof(Tiers))]
    public void The_sorting_model_s_logits_are_within_two_percent_of_its_published_values(KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        using GptModel model = TestModels.NanoSort();
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(SharedData.RequireOrSkip("models/gpt-nano-sort/golden.json")));
        using LogitsEvaluator evaluator = new(model, tier: tier);
        for (int example = 0; example < 3; example++)
        {
            int[] tokens = [.. golden.RootElement.GetProperty("idx")[example].EnumerateArray().Select(id => id.GetInt32())];
            double squaredError = 0;
            double squaredNorm = 0;
            for (int position = 0; position < tokens.Length; position++)
            {
                double[] expected = [.. golden.RootElement.GetProperty("lm_head")[example][position].EnumerateArray().Select(x => x.GetDouble())];
                ReadOnlySpan<float> logits = evaluator.Evaluate(tokens.AsSpan(0, position + 1));
                for (int i = 0; i < expected.Length; i++)
                {
                    squaredError += Math.Pow(expected[i] - logits[i], 2);
                    squaredNorm += Math.Pow(expected[i], 2);
                }
            }

            Assert.InRange(Math.Sqrt(squaredError / squaredNorm), 0, 0.02);
        }
    }

    [Fact]
    public void The_reference_itself_matches_the_published_values()
    {
        string folder = SharedData.RequireOrSkip("models/gpt-nano-sort");
        using GptModel model = TestModels.NanoSort();
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "golden.json")));
        ReferenceGpt2 reference = new(
            model.Config, ReferenceWeights.FromCheckpoint(Path.Combine(folder, "model.safetensors"), model.Config), quantizeActivations: false);
        int[] tokens = [.. golden.RootElement.GetProperty("idx")[1].EnumerateArray().Select(id => id.GetInt32())];
        double[][] logits = reference.Logits(tokens);
        for (int position = 0; position < tokens.Length; position++)
        {
            double[] expected = [.. golden.RootElement.GetProperty("lm_head")[1][position].EnumerateArray().Select(x => x.GetDouble())];
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], logits[position][i], 1e-4);
            }
        }
    }

    private static double RelativeError(double[] expected, ReadOnlySpan<float> actual)
    {
        double squaredError = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            squaredError += Math.Pow(expected[i] - actual[i], 2);
        }

        return Math.Sqrt(squaredError / expected.Sum(value => value * value));
    }
}
