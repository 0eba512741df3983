using System.Text;
using System.Text.Json;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class TokenizeTests
{
    [Fact]
    public async Task Any_bytes_come_back_exactly()
    {
        string vocabulary = TestModels.Gpt2Vocabulary;
        byte[] bytes = new byte[20_000];
        new Random(5).NextBytes(bytes);
        CommandLineRun ids = await CommandLineRun.WithInput(bytes, "tokenize", "-m", vocabulary);
        ids.Succeeded();
        CommandLineRun decoded = await CommandLineRun.WithInput(ids.OutputBytes, "tokenize", "-m", vocabulary, "--decode");
        decoded.Succeeded();
        Assert.Equal(bytes, decoded.OutputBytes);
    }

    [Fact]
    public async Task Text_becomes_the_ids_that_GPT2_knows_it_by()
    {
        string vocabulary = TestModels.Gpt2Vocabulary;
        Assert.Equal("15496 11 995 0\n", (await CommandLineRun.Of("tokenize", "-m", vocabulary, "Hello, world!")).Succeeded());
        using TemporaryFolder folder = new();
        string file = folder.Write("text", Encoding.UTF8.GetBytes("Hello, world!"));
        JsonElement json = (await CommandLineRun.Of("tokenize", "-m", vocabulary, "--file", file, "--json")).Json();
        Assert.Equal([15496, 11, 995, 0], json.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
        Assert.Equal(4, json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task Special_tokens_are_recognized_only_where_asked_for()
    {
        string vocabulary = TestModels.Gpt2Vocabulary;
        string special = (await CommandLineRun.Of("tokenize", "-m", vocabulary, "<|endoftext|>", "--special")).Succeeded();
        Assert.Equal("50256\n", special);
        string plain = (await CommandLineRun.Of("tokenize", "-m", vocabulary, "<|endoftext|>")).Succeeded();
        Assert.True(plain.Split(' ').Length > 1);
        Assert.DoesNotContain("50256", plain, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_ids_are_one_clear_line()
    {
        string vocabulary = TestModels.Gpt2Vocabulary;
        (await CommandLineRun.Of("tokenize", "-m", vocabulary, "--decode", "1 x")).FailedWith("'x'");
        (await CommandLineRun.Of("tokenize", "-m", vocabulary, "--decode", "50257")).FailedWith("50257");
    }
}
