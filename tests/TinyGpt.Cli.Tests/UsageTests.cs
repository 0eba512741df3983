using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Arguments that make no sense: one line that ends with where to look, and exit code 2. No model is needed to say so.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("--prompt is empty", "generate", "-p", "")]
    [InlineData("cannot be given together", "generate", "-p", "x", "--ids", "1")]
    [InlineData("--json-schema and --regex cannot be given together", "generate", "--json-schema", "x", "--regex", "y")]
    [InlineData("its form cannot be kept", "generate", "--regex", "y", "--context-policy", "slide")]
    [InlineData("--max-tokens takes a whole number, 1 or more, not '0'", "generate", "-p", "x", "-n", "0")]
    [InlineData("--max-tokens takes a whole number, 1 or more, not '-5'", "generate", "-p", "x", "-n", "-5")]
    [InlineData("--temperature takes a number from 0 to 100, not 'warm'", "generate", "-p", "x", "--temperature", "warm")]
    [InlineData("--top-p takes a number above 0, at most 1, not '1.5'", "generate", "-p", "x", "--top-p", "1.5")]
    [InlineData("--seed takes a whole number, 0 or more, not '-1'", "generate", "-p", "x", "--seed", "-1")]
    [InlineData("--threads takes a whole number from 1 to 256, not '0'", "generate", "-p", "x", "--threads", "0")]
    [InlineData("--tier takes one of scalar, avx2,", "generate", "-p", "x", "--tier", "mmx")]
    [InlineData("'foo'", "generate", "-p", "x", "--kv", "foo")]
    [InlineData("--lookup takes a whole number from 0 to 16, not '17'", "generate", "-p", "x", "--lookup", "17")]
    [InlineData("--kv takes float32, int8, not 'bf16'", "bench", "--kv", "int8,bf16")]
    [InlineData("--logit-bias takes ID=VALUE", "generate", "-p", "x", "--logit-bias", "5")]
    [InlineData("--stop is empty", "generate", "-p", "x", "--stop", "")]
    [InlineData("'two' is none", "generate", "--ids", "1,two")]
    [InlineData("--ids is empty", "generate", "--ids", "")]
    [InlineData("'--colour'", "generate", "-p", "x", "--colour")]
    [InlineData("'--output' is required", "pack", "somewhere")]
    [InlineData("ends in .tgpt", "pack", "somewhere", "-o", "out.bin")]
    [InlineData("--bits takes 4 or 8, not '5'", "pack", "somewhere", "--bits", "5", "-o", "out.tgpt")]
    [InlineData("--shape takes one of gpt2-124m,", "synth", "--shape", "gpt5", "-o", "out.tgpt")]
    [InlineData("cannot be given together", "tokenize", "-m", "x", "text", "--file", "y")]
    [InlineData("--decode writes bytes", "tokenize", "-m", "x", "1", "--decode", "--json")]
    [InlineData("'../gpt2' is not a model's name", "pull", "../gpt2")]
    [InlineData("'a/b/c' is not a model's name", "pull", "a/b/c")]
    [InlineData("--file takes a name that ends in .gguf, not 'model.bin'", "pull", "gpt2", "--file", "model.bin")]
    [InlineData("'--yes'", "pull", "gpt2", "--yes")]
    [InlineData("--data is required, unless --resume is given", "train", "-o", "x")]
    [InlineData("--from is required, unless --resume is given", "finetune", "--data", "y", "-o", "x")]
    [InlineData("--language-weight is for --task classify", "finetune", "--from", "z", "--data", "y", "-o", "x", "--language-weight", "1")]
    [InlineData("--prompt is empty", "classify", "-m", "x", "-p", "")]
    [InlineData("so --seed cannot be given with it", "train", "--resume", "-o", "x", "--seed", "2")]
    [InlineData("--steps and --minutes cannot be given together", "train", "--data", "y", "-o", "x", "--steps", "2", "--minutes", "1")]
    [InlineData("--vocab-size takes a whole number from 257 to 1048576, not '100'", "train", "--data", "y", "-o", "x", "--vocab-size", "100")]
    [InlineData("'frobnicate'", "frobnicate")]
    public async Task Bad_usage(string reason, params string[] arguments)
    {
        string line = (await CommandLineRun.Of(arguments)).Failed(exitCode: 2);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        string command = arguments[0] == "frobnicate" ? "" : arguments[0] + " ";
        Assert.EndsWith($" (see 'tinygpt {command}--help')", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("chat")]
    [InlineData("tokenize")]
    [InlineData("logits")]
    [InlineData("perplexity")]
    [InlineData("pack")]
    [InlineData("pull")]
    [InlineData("inspect")]
    [InlineData("synth")]
    [InlineData("train")]
    [InlineData("finetune")]
    [InlineData("classify")]
    [InlineData("bench")]
    [InlineData("doctor")]
    public async Task Every_command_has_help_with_examples(string command)
    {
        string help = (await CommandLineRun.Of(command, "--help")).Succeeded();
        Assert.Contains("Examples:" + Environment.NewLine + $"  tinygpt {command}", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_one_line() =>
        Assert.Single((await CommandLineRun.Of("--version")).Succeeded().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
}
