using System.Text;
using TinyGpt.Import;
using TinyGpt.Tests.Reference;
using Xunit;

namespace TinyGpt.Tests.Inference;

/// <summary>
/// A trained Llama of 260,000 parameters in a GGUF file, with its own tokenizer, and 200 tokens that another engine wrote with it: from
/// the file to the text.
/// </summary>
public sealed class StoriesTests(ITestOutputHelper output)
{
    private const string ModelPath = "models/stories260K/stories260K.gguf";
    private const string GoldenPath = "models/stories260K/golden_greedy_200.txt";
    private const string Prompt = "Once upon a time";
    private const double PerplexityGate = 1.01;
    private const double ImplementationError = 1e-3;

    [Fact]
    public void The_golden_text_is_what_the_reference_itself_finds_most_likely()
    {
        using GptModel model = Load(out int[] golden);
        double[][] logits = Reference(quantizes: false).Logits(golden);

        // The last token is the line break that ends the file.
        for (int t = PromptLength(model) - 1; t + 2 < golden.Length; t++)
        {
            Assert.Equal(golden[t + 1], Array.IndexOf(logits[t], logits[t].Max()));
        }
    }

    [Fact]
    public void Perplexity_of_the_golden_text_is_within_a_hundredth_of_the_reference_s()
    {
        using GptModel model = Load(out int[] golden);
        double exact = Perplexity(Reference(quantizes: false).Logits(golden), golden);
        using LogitsEvaluator evaluator = new(model);
        double measured = evaluator.MeasurePerplexity(golden).Perplexity;
        output.WriteLine($"perplexity {measured:f5}, and {exact:f5} in float64: {measured / exact:f5}");
        Assert.InRange(measured / exact, 1 / PerplexityGate, PerplexityGate);
    }

    [Fact]
    public void Logits_agree_with_the_reference_on_the_same_quantized_numbers()
    {
        using GptModel model = Load(out int[] golden);
        double[][] expected = Reference(quantizes: true).Logits(golden);
        using LogitsEvaluator evaluator = new(model);
        foreach (int length in new[] { 1, 2, 70, golden.Length })
        {
            double squaredError = 0;
            ReadOnlySpan<float> logits = evaluator.Evaluate(golden.AsSpan(0, length));
            for (int i = 0; i < logits.Length; i++)
            {
                squaredError += Math.Pow(expected[length - 1][i] - logits[i], 2);
            }

            double error = Math.Sqrt(squaredError / expected[length - 1].Sum(value => value * value));
            output.WriteLine($"{length} tokens: relative error {error:e2}");
            Assert.InRange(error, 0, ImplementationError);
        }
    }

    /// <summary>
    /// Greedy tokens are the golden ones up to the first where the reference finds both choices so close that int8 may decide otherwise.
    /// </summary>
    [Fact]
    public void The_golden_story_is_told_as_far_as_its_margins_allow()
    {
        using GptModel model = Load(out int[] golden);
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(options: new SessionOptions { MaxNewTokens = 60 });
        session.Append(Prompt);
        engine.Step(StepBudget.Unlimited);
        int prompt = PromptLength(model);
        int[] told = session.AnswerTokens.ToArray();
        int same = told.Zip(golden.Skip(prompt)).TakeWhile(pair => pair.First == pair.Second).Count();
        output.WriteLine($"{same} of {told.Length} tokens: {Encoding.UTF8.GetString(model.Tokenizer!.Decode(told, golden[prompt - 1]))}");
        if (same < told.Length)
        {
            double[] logits = Reference(quantizes: false).Logits(golden.AsSpan(0, prompt + same))[^1];
            double margin = logits[golden[prompt + same]] - logits[told[same]];
            output.WriteLine($"there the reference prefers the golden token by {margin:f3}");
            Assert.InRange(margin, 0, 0.25);
        }

        Assert.InRange(same, 50, 60);
    }

    /// <summary>
    /// The texts are the model's own, drawn over a cache of float32, so the ratio is e to the divergence between the two. It scatters by
    /// 0.0005 over the same number of tokens; over five times that number it is 1.0035.
    /// </summary>
    [Fact]
    public void An_int8_cache_costs_little_over_long_texts()
    {
        using GptModel model = Load(out int[] golden);
        int[][] texts = [golden, .. Enumerable.Range(1, 40).Select(seed => Story(model, (ulong)seed))];
        using LogitsEvaluator floats = new(model);
        using LogitsEvaluator quantized = new(model, kvPrecision: KvPrecision.Int8);
        double before = Perplexity(floats, texts);
        double after = Perplexity(quantized, texts);
        output.WriteLine($"{texts.Sum(text => text.Length)} tokens: perplexity {before:f5} with float32, {after:f5} with int8: {after / before:f5}");
        Assert.InRange(after / before, 0.9, 1.005);
    }

    private static GptModel Load(out int[] golden)
    {
        GptModel model = new(ModelSource.LoadAny(SharedData.RequireOrSkip(ModelPath)));
        golden = model.Tokenizer!.EncodeDocument(File.ReadAllBytes(SharedData.RequireOrSkip(GoldenPath)));
        return model;
    }

    private static int PromptLength(GptModel model) => model.Tokenizer!.EncodeDocument(Encoding.UTF8.GetBytes(Prompt)).Length;

    private static LlamaReference Reference(bool quantizes) =>
        new(GgufCheckpoint.Read(SharedData.RequireOrSkip(ModelPath)), new ReferencePrecision(quantizes));

    /// <summary>A text of the model's own, as long as its context.</summary>
    private static int[] Story(GptModel model, ulong seed)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            new SamplingOptions { Temperature = 1, Seed = seed },
            new SessionOptions { MaxNewTokens = 500, StopAtEndOfText = false, OutputCapacity = 1 << 14 });
        session.Append(Prompt);
        engine.Step(StepBudget.Unlimited);
        return [.. model.Tokenizer!.EncodeDocument(Encoding.UTF8.GetBytes(Prompt)), .. session.AnswerTokens];
    }

    private static double Perplexity(LogitsEvaluator evaluator, int[][] texts)
    {
        PerplexityResult[] results = [.. texts.Select(text => evaluator.MeasurePerplexity(text))];
        return Math.Exp(results.Sum(result => Math.Log(result.Perplexity) * result.Tokens) / results.Sum(result => result.Tokens));
    }

    private static double Perplexity(double[][] logits, int[] tokens)
    {
        double negativeLogLikelihood = 0;
        for (int t = 0; t + 1 < tokens.Length; t++)
        {
            double maximum = logits[t].Max();
            negativeLogLikelihood += maximum + Math.Log(logits[t].Sum(value => Math.Exp(value - maximum))) - logits[t][tokens[t + 1]];
        }

        return Math.Exp(negativeLogLikelihood / (tokens.Length - 1));
    }
}
