using System.Text.Json;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class EvaluationTests
{
    [Fact]
    public async Task Logits_are_those_of_the_library_to_the_last_bit()
    {
        string folder = TestModels.NanoSort;
        JsonElement json = (await CommandLineRun.Of("logits", "-m", folder, "--ids", "2,0,1")).Json();
        using GptModel model = new(Import.ModelSource.LoadAny(folder, cancellation: TestContext.Current.CancellationToken));
        using LogitsEvaluator evaluator = new(model);
        float[] expected = evaluator.Evaluate([2, 0, 1], TestContext.Current.CancellationToken).ToArray();
        Assert.Equal(expected, json.GetProperty("logits").EnumerateArray().Select(logit => logit.GetSingle()));
    }

    [Fact]
    public async Task A_model_is_not_perplexed_by_what_it_has_learned()
    {
        string corpus = SharedData.RequireOrSkip("models/slm4096/corpus.txt");
        JsonElement json = (await CommandLineRun.Of("perplexity", "-m", TestModels.Slm4096, "--file", corpus)).Json();
        Assert.Equal(new FileInfo(corpus).Length - 1, json.GetProperty("tokens").GetInt64());
        Assert.InRange(json.GetProperty("perplexity").GetDouble(), 1, 1.2);
    }

    [Fact]
    public async Task Perplexity_needs_two_tokens()
    {
        using TemporaryFolder folder = new();
        string file = folder.Write("short.txt", "Q"u8.ToArray());
        CommandLineRun run = await CommandLineRun.Of("perplexity", "-m", TestModels.Slm4096, "--file", file);
        run.FailedWith("too short");
    }
}
