using System.Text.Json;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class PackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_packed_model_is_inspected_and_answers_as_its_source_does()
    {
        string source = TestModels.Slm4096;
        string packed = _folder.At("slm.tgpt");
        JsonElement report = (await CommandLineRun.Of("pack", source, "-o", packed, "--json")).Json();
        Assert.Equal(new FileInfo(packed).Length, report.GetProperty("fileBytes").GetInt64());
        Assert.InRange(report.GetProperty("relativeError").GetDouble(), 1e-4, 0.01);
        Assert.Equal([packed], Directory.GetFiles(_folder.Path));

        JsonElement inspected = (await CommandLineRun.Of("inspect", packed, "--verify", "--json")).Json();
        Assert.True(inspected.GetProperty("verified").GetBoolean());
        Assert.Equal(54, inspected.GetProperty("config").GetProperty("vocabularySize").GetInt32());
        Assert.Equal(report.GetProperty("tensors").GetArrayLength(), inspected.GetProperty("tensors").GetArrayLength());
        Assert.Equal("byte_bpe", inspected.GetProperty("tokenizer").GetProperty("kind").GetString());

        string text = (await CommandLineRun.Of("inspect", packed)).Succeeded();
        Assert.Contains("blocks.3.feed_forward_out", text, StringComparison.Ordinal);
        Assert.Contains("memory       weights ", text, StringComparison.Ordinal);

        string[] prompt = ["-p", "Q: Is it secure?\n", "-n", "80"];
        string expected = (await CommandLineRun.Of(["generate", "-m", source, .. prompt])).Succeeded();
        Assert.Equal(expected, (await CommandLineRun.Of(["generate", "-m", packed, .. prompt])).Succeeded());
    }

    [Fact]
    public async Task A_GGUF_file_is_inspected_and_packed_and_tells_its_story()
    {
        string source = TestModels.Stories;
        JsonElement inspected = (await CommandLineRun.Of("inspect", source, "--json")).Json();
        Assert.Equal("llama", inspected.GetProperty("config").GetProperty("architecture").GetString());
        Assert.Equal(47, inspected.GetProperty("tensors").GetArrayLength());
        Assert.Equal("sentencepiece_bpe", inspected.GetProperty("tokenizer").GetProperty("kind").GetString());
        string text = (await CommandLineRun.Of("inspect", source)).Succeeded();
        Assert.Contains("blk.4.ffn_up.weight", text, StringComparison.Ordinal);

        string packed = _folder.At("stories.tgpt");
        (await CommandLineRun.Of("pack", source, "-o", packed, "--json")).Json();
        foreach (string model in new[] { source, packed })
        {
            string story = (await CommandLineRun.Of(
                "generate", "-m", model, "-p", "Once upon a time", "-n", "60", "--temperature", "0")).Succeeded();
            Assert.StartsWith(", there was a little girl named Lily. She loved to play outside in the park.", story, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_report_tells_sizes_ratio_and_errors()
    {
        string packed = _folder.At("sort.tgpt");
        string report = (await CommandLineRun.Of("pack", TestModels.NanoSort, "-o", packed)).Succeeded();
        string[] lines = report.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("quantized tensor", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("blocks.2.attention_output ", StringComparison.Ordinal));
        Assert.StartsWith(packed + ": ", lines[^1], StringComparison.Ordinal);
        Assert.Contains("times smaller", lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_4_bits_is_smaller_is_inspected_and_answers()
    {
        string packed = _folder.At("slm4.tgpt");
        JsonElement report = (await CommandLineRun.Of("pack", TestModels.Slm4096, "--bits", "4", "-o", packed, "--json")).Json();
        Assert.InRange(report.GetProperty("relativeError").GetDouble(), 0.05, 0.11);

        JsonElement inspected = (await CommandLineRun.Of("inspect", packed, "--verify", "--json")).Json();
        Assert.True(inspected.GetProperty("verified").GetBoolean());
        string[] kinds = [.. inspected.GetProperty("tensors").EnumerateArray()
            .Where(tensor => tensor.GetProperty("name").GetString() is "token_embedding" or "blocks.0.query_key_value" or "final_norm.gain")
            .Select(tensor => tensor.GetProperty("kind").GetString()!)];
        Assert.Equal(["int8", "int4", "float32"], kinds);
        long weights = inspected.GetProperty("tensors").EnumerateArray().Sum(tensor => tensor.GetProperty("bytes").GetInt64());
        Assert.Equal(weights, inspected.GetProperty("memory").GetProperty("weights").GetInt64());

        string[] generate = ["generate", "-m", packed, "-p", "Q: Is it secure?\n", "-n", "20"];
        string answer = (await CommandLineRun.Of(generate)).Succeeded();
        Assert.Equal(answer, (await CommandLineRun.Of([.. generate, "--tier", "scalar"])).Succeeded());
    }

    [Fact]
    public async Task A_synthetic_model_runs_from_nothing()
    {
        string model = _folder.At("synth.tgpt");
        JsonElement report = (await CommandLineRun.Of("synth", "--shape", "gpt2-124m", "-o", model, "--json")).Json();
        Assert.Equal(124_439_808, report.GetProperty("parameters").GetInt64());
        JsonElement answer = (await CommandLineRun.Of("generate", "-m", model, "-n", "4", "--json")).Json();
        Assert.Equal(4, answer.GetProperty("ids").GetArrayLength());
        Assert.Equal(1, answer.GetProperty("promptTokens").GetInt32());
    }
}
