using TinyGpt.Kernels;
using TinyGpt.Tests.Reference;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>What an int8 cache costs: memory exactly a little more than a quarter, and almost nothing of the answers.</summary>
public sealed class KvPrecisionTests(ITestOutputHelper output)
{
    private const double PerplexityGate = 1.005;

    public static TheoryData<KernelTier> Tiers => TestModels.Tiers;

    [Theory]
    [MemberData(nameof(Tiers))]
    public void Logits_over_an_int8_cache_agree_with_the_reference_on_the_same_quantized_numbers(KernelTier tier)
    {
        TestModels.SkipUnlessSupported(tier);
        foreach (ModelConfig config in new[] { TestModels.Even, TestModels.Odd })
        {
            using TgptFile file = TestModels.RandomFile(config);
            using GptModel model = new(file);
            int[] tokens = TestModels.Tokens(config, 30);
            double[][] expected =
                new ReferenceGpt2(config, ReferenceWeights.FromPacked(file), quantizeActivations: true, quantizeCache: true).Logits(tokens);
            using LogitsEvaluator evaluator = new(model, tier: tier, kvPrecision: KvPrecision.Int8);
            for (int length = 1; length <= tokens.Length; length += 29)
            {
                double[] exact = expected[length - 1];
                ReadOnlySpan<float> logits = evaluator.Evaluate(tokens.AsSpan(0, length));
                double squaredError = 0;
                for (int i = 0; i < exact.Length; i++)
                {
                    squaredError += Math.Pow(exact[i] - logits[i], 2);
                }

                double error = Math.Sqrt(squaredError / exact.Sum(value => value * value));
                output.WriteLine($"{length} tokens: relative error {error:e2}");
                Assert.InRange(error, 0, 1e-3);
            }
        }
    }

    [Fact]
    public void An_int8_cache_costs_the_small_language_model_less_than_half_a_hundredth_of_its_perplexity()
    {
        using GptModel model = TestModels.Slm4096();
        int[] tokens = model.Tokenizer!.Encode(File.ReadAllText(SharedData.RequireOrSkip("models/slm4096/corpus.txt")));
        using LogitsEvaluator floats = new(model);
        using LogitsEvaluator quantized = new(model, kvPrecision: KvPrecision.Int8);
        double before = floats.MeasurePerplexity(tokens).Perplexity;
        double after = quantized.MeasurePerplexity(tokens).Perplexity;
        output.WriteLine($"perplexity {before:f5} with float32, {after:f5} with int8: {after / before:f5}");
        Assert.InRange(after / before, 0.9, PerplexityGate);
    }

    [Fact]
    public void The_memory_plan_of_an_int8_cache_counts_one_byte_a_channel_and_four_a_scale()
    {
        ModelConfig config = TestModels.Even;
        GptEngineOptions options = new() { KvPages = 10 };
        long tables = 64 * ((((config.ContextLength / 64) * sizeof(long)) + 63) / 64);
        long heads = 10 * 64 * config.Layers * 2 * config.Heads;
        Assert.Equal((heads * 64 * sizeof(float)) + tables, MemoryPlan.For(config, options).KvCache);
        Assert.Equal((heads * (64 + sizeof(float))) + tables, MemoryPlan.For(config, options with { KvPrecision = KvPrecision.Int8 }).KvCache);
        Assert.Throws<ArgumentOutOfRangeException>(() => MemoryPlan.For(config, options with { KvPrecision = (KvPrecision)2 }));
    }

    [Fact]
    public void A_fork_of_an_int8_session_goes_on_as_the_session_itself()
    {
        using GptModel model = TestModels.Random(TestModels.Odd);
        using GptEngine engine = new(model, new GptEngineOptions { MaxSequences = 2, KvPrecision = KvPrecision.Int8 });
        using GptSession origin = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 50 });
        origin.Append(TestModels.Tokens(TestModels.Odd, 100), answer: false);
        engine.Step(StepBudget.Unlimited);
        using GptSession fork = origin.Fork();
        fork.Append([5]);
        engine.Step(StepBudget.Unlimited);
        origin.Append([5]);
        engine.Step(StepBudget.Unlimited);
        Assert.Equal(50, fork.GeneratedTokens);
        Assert.Equal(origin.AnswerTokens.ToArray(), fork.AnswerTokens.ToArray());
    }
}
