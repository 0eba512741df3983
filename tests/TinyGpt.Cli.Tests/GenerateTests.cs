using System.Text.Json;
using TinyGpt.Kernels;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class GenerateTests
{
    private const string AgiPrompt = "Q: Are you AGI?\n";

    // Answers of at most 80 characters, so that -n 80 prints all of them.
    private static readonly string[] Questions =
    [
        "Q: Are you AGI?",
        "Q: What is your context window?",
        "Q: How do you scale?",
        "Q: What is your moat?",
        "Q: Is it secure?",
        "Q: Can you do math?",
    ];

    public static TheoryData<KernelTier> Tiers => [.. KernelTiers.All];

    [Theory]
    [MemberData(nameof(Tiers))]
    public async Task Questions_of_the_corpus_are_answered_verbatim(KernelTier tier)
    {
        Assert.SkipUnless(KernelTiers.IsSupported(tier), $"This processor has no {KernelTiers.Name(tier)}.");
        string model = TestModels.Slm4096;
        string[] corpus = await File.ReadAllLinesAsync(
            SharedData.RequireOrSkip("models/slm4096/corpus.txt"), TestContext.Current.CancellationToken);
        foreach (string question in Questions)
        {
            string answer = corpus[Array.IndexOf(corpus, question) + 1];
            CommandLineRun run = await CommandLineRun.Of(
                "generate", "-m", model, "-p", question + "\n", "-n", "80", "--temperature", "0", "--tier", KernelTiers.Name(tier));
            Assert.StartsWith(answer, run.Succeeded(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--lookup", "4")]
    [InlineData("--kv", "int8")]
    public async Task Guessed_tokens_and_quantized_keys_keep_the_answers(string option, string value)
    {
        string[] arguments = ["generate", "-m", TestModels.Slm4096, "-p", AgiPrompt, "-n", "40"];
        Assert.Equal((await CommandLineRun.Of(arguments)).Succeeded(), (await CommandLineRun.Of([.. arguments, option, value])).Succeeded());
    }

    [Fact]
    public async Task The_sorting_model_sorts_ids()
    {
        string[] arguments = ["generate", "-m", TestModels.NanoSort, "--ids", "2,0,1,1,0,2", "-n", "6", "--temperature", "0"];
        JsonElement json = (await CommandLineRun.Of([.. arguments, "--json"])).Json();
        Assert.Equal([0, 0, 1, 1, 2, 2], json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal("0,0,1,1,2,2", (await CommandLineRun.Of(arguments)).Succeeded());
    }

    [Fact]
    public async Task Json_has_every_property()
    {
        JsonElement json = (await CommandLineRun.Of(
            "generate", "-m", TestModels.Slm4096, "-p", AgiPrompt, "-n", "12", "--threads", "1", "--tier", "scalar", "--json")).Json();
        Assert.Equal(
            ["text", "ids", "promptTokens", "prefillTokensPerSecond", "decodeTokensPerSecond", "finish", "tier", "threads"],
            json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("A: I am AGI ", json.GetProperty("text").GetString());
        Assert.Equal(12, json.GetProperty("ids").GetArrayLength());
        Assert.Equal(16, json.GetProperty("promptTokens").GetInt32());
        Assert.True(json.GetProperty("prefillTokensPerSecond").GetDouble() > 0);
        Assert.True(json.GetProperty("decodeTokensPerSecond").GetDouble() > 0);
        Assert.Equal("length", json.GetProperty("finish").GetString());
        Assert.Equal("scalar", json.GetProperty("tier").GetString());
        Assert.Equal(1, json.GetProperty("threads").GetInt32());
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_and_is_not_part_of_it()
    {
        string[] arguments = ["generate", "-m", TestModels.Slm4096, "-p", AgiPrompt, "-n", "80", "--json"];
        JsonElement json = (await CommandLineRun.Of([.. arguments, "--stop", "xyz", "--stop", " paper airplane"])).Json();
        Assert.Equal("A: I am AGI in the same way a", json.GetProperty("text").GetString());
        Assert.Equal("stop", json.GetProperty("finish").GetString());
    }

    [Fact]
    public async Task Seeds_reproduce_and_differ()
    {
        Task<CommandLineRun> Sample(string seed) => CommandLineRun.Of(
            "generate", "-m", TestModels.Slm4096, "-p", "Q:", "-n", "60", "--temperature", "1.5", "--top-k", "20", "--top-p", "0.98",
            "--min-p", "0.001", "--repeat-penalty", "1.1", "--presence-penalty", "0.1", "--frequency-penalty", "0.1", "--seed", seed);
        string first = (await Sample("7")).Succeeded();
        Assert.Equal(first, (await Sample("7")).Succeeded());
        Assert.NotEqual(first, (await Sample("8")).Succeeded());
    }

    [Fact]
    public async Task A_full_context_ends_the_answer_or_slides()
    {
        string[] arguments = ["generate", "-m", TestModels.Slm4096, "-p", AgiPrompt, "-n", "300", "--json"];
        JsonElement stopped = (await CommandLineRun.Of(arguments)).Json();
        Assert.Equal("context", stopped.GetProperty("finish").GetString());
        Assert.InRange(stopped.GetProperty("ids").GetArrayLength(), 112, 113);
        JsonElement slid = (await CommandLineRun.Of([.. arguments, "--context-policy", "slide"])).Json();
        Assert.Equal("length", slid.GetProperty("finish").GetString());
        Assert.Equal(300, slid.GetProperty("ids").GetArrayLength());
        Assert.StartsWith(stopped.GetProperty("text").GetString()!, slid.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_planned_context_slides_as_the_model_s_does()
    {
        string[] arguments = ["generate", "-m", TestModels.Stories, "-p", "Once upon a time", "-n", "600", "--context", "64", "--json"];
        JsonElement slid = (await CommandLineRun.Of([.. arguments, "--context-policy", "slide"])).Json();
        Assert.Equal("length", slid.GetProperty("finish").GetString());
        Assert.Equal(600, slid.GetProperty("ids").GetArrayLength());
        Assert.Equal("context", (await CommandLineRun.Of(arguments)).Json().GetProperty("finish").GetString());
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("slide")]
    public async Task A_prompt_that_is_longer_than_the_planned_context_is_an_error(string policy)
    {
        string prompt = string.Concat(Enumerable.Repeat("Once upon a time there was a cat. ", 20));
        CommandLineRun run = await CommandLineRun.Of(
            "generate", "-m", TestModels.Stories, "-p", prompt, "--context", "64", "--context-policy", policy);
        Assert.Matches("^the prompt has [0-9]+ tokens, and the context has 64: give fewer, or raise --context \\(up to 512\\)$", run.Failed());
    }

    [Fact]
    public async Task Drafted_tokens_are_all_listed_and_counted()
    {
        string[] sort = ["generate", "-m", TestModels.NanoSort, "--ids", "2,0,1,1,0,2", "-n", "6"];
        Assert.Equal("0,0,1,1,2,2", (await CommandLineRun.Of([.. sort, "--lookup", "4"])).Succeeded());
        string[] talk = ["generate", "-m", TestModels.Slm4096, "-p", AgiPrompt, "-n", "80", "--json"];
        int[] plain = Ids((await CommandLineRun.Of(talk)).Json());
        Assert.Equal(80, plain.Length);
        Assert.Equal(plain, Ids((await CommandLineRun.Of([.. talk, "--lookup", "4"])).Json()));
    }

    [Fact]
    public async Task Logit_bias_forbids_tokens()
    {
        JsonElement json = (await CommandLineRun.Of(
            "generate", "-m", TestModels.NanoSort, "--ids", "2,0,1,1,0,2", "-n", "5", "--logit-bias", "0=-inf", "1=-100", "--json")).Json();
        Assert.Equal([2, 2, 2, 2, 2], json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
    }

    [Fact]
    public async Task Verbose_tells_the_memory_plan_and_the_speed_on_standard_error()
    {
        CommandLineRun run = await CommandLineRun.Of("generate", "-m", TestModels.NanoSort, "--ids", "2,0,1", "-n", "2", "--verbose");
        Assert.Equal(0, run.ExitCode);
        string[] lines = run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(2, lines.Length);
        Assert.StartsWith("memory: weights ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("prompt: 3 tokens, ", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_chooses_a_tier_and_the_option_overrules_it()
    {
        string[] arguments = ["generate", "-m", TestModels.NanoSort, "--ids", "2", "-n", "1", "--json"];
        JsonElement json = (await CommandLineRun.WithVariable(KernelTiers.EnvironmentVariable, "scalar", arguments)).Json();
        Assert.Equal("scalar", json.GetProperty("tier").GetString());
        string best = KernelTiers.Name(KernelTiers.Best);
        json = (await CommandLineRun.WithVariable(KernelTiers.EnvironmentVariable, "scalar", [.. arguments, "--tier", best])).Json();
        Assert.Equal(best, json.GetProperty("tier").GetString());
        CommandLineRun failed = await CommandLineRun.WithVariable(KernelTiers.EnvironmentVariable, "mmx", arguments);
        failed.FailedWith("'mmx'");
    }

    private static int[] Ids(JsonElement json) => [.. json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
}
