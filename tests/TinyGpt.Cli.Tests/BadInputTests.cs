using System.Text;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>Whatever is wrong with the input, one line on standard error says so, and the exit code is 1.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("generate", "-p", "x", "-m")]
    [InlineData("tokenize", "x", "-m")]
    [InlineData("logits", "--ids", "1", "-m")]
    [InlineData("inspect")]
    public async Task A_missing_file(params string[] arguments)
    {
        foreach (string name in new[] { "none.tgpt", "none" })
        {
            string missing = _folder.At(name);
            CommandLineRun run = await CommandLineRun.Of([.. arguments, missing]);
            run.FailedWith($"{missing}: there is no such file");
        }
    }

    [Fact]
    public async Task Wrong_magic()
    {
        string file = _folder.Write("wrong.tgpt", Encoding.ASCII.GetBytes(new string('x', 200)));
        (await CommandLineRun.Of("generate", "-m", file, "-p", "x")).FailedWith("TGPT");
        (await CommandLineRun.Of("inspect", file)).FailedWith("TGPT");
    }

    [Fact]
    public async Task A_file_of_another_kind()
    {
        string file = _folder.Write("notes.txt", "No model it is"u8.ToArray());
        (await CommandLineRun.Of("generate", "-m", file, "-p", "x")).FailedWith(file);
        (await CommandLineRun.Of("inspect", file)).FailedWith("not a kind of model file that is known");
        (await CommandLineRun.Of("inspect", file, "--verify")).FailedWith("this is none");
        (await CommandLineRun.Of("inspect", _folder.Path)).FailedWith("no folder with a model.safetensors");
    }

    [Fact]
    public async Task A_damaged_GGUF_file()
    {
        string file = _folder.Write("cut.gguf", [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[15], 1]);
        foreach (string[] arguments in new string[][] { ["inspect", file], ["generate", "-p", "x", "-m", file], ["pack", file, "-o", _folder.At("x.tgpt")] })
        {
            (await CommandLineRun.Of(arguments)).FailedWith($"{file}: at byte 16: the header says");
        }
    }

    [Fact]
    public async Task A_truncated_or_damaged_file()
    {
        string whole = _folder.At("whole.tgpt");
        (await CommandLineRun.Of("pack", TestModels.NanoSort, "-o", whole, "--json")).Json();
        byte[] content = await File.ReadAllBytesAsync(whole, TestContext.Current.CancellationToken);
        foreach (int length in new[] { 0, 63, 1000, content.Length - 1 })
        {
            string cut = _folder.Write("cut.tgpt", content[..length]);
            (await CommandLineRun.Of("generate", "-m", cut, "--ids", "1")).FailedWith(cut);
        }

        content[^1] ^= 1;
        string damaged = _folder.Write("damaged.tgpt", content);
        (await CommandLineRun.Of("inspect", damaged, "--verify")).FailedWith(damaged);
    }

    [Fact]
    public async Task A_config_that_contradicts_its_tensors_leaves_no_output()
    {
        _folder.CopyFrom(TestModels.NanoSort);
        string config = _folder.At("config.json");
        string text = await File.ReadAllTextAsync(config, TestContext.Current.CancellationToken);
        Assert.Contains("\"n_layer\": 3", text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            config, text.Replace("\"n_layer\": 3", "\"n_layer\": 4", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        string[] before = Directory.GetFiles(_folder.Path);
        string line = (await CommandLineRun.Of("pack", _folder.Path, "-o", _folder.At("out.tgpt"))).Failed();
        Assert.Contains("h.3.", line, StringComparison.Ordinal);
        Assert.Equal(before.Order(), Directory.GetFiles(_folder.Path).Order());
    }

    [Fact]
    public async Task A_failing_pack_leaves_an_older_output_alone()
    {
        string output = _folder.Write("out.tgpt", [1, 2, 3]);
        (await CommandLineRun.Of("pack", _folder.At("none"), "-o", output)).Failed();
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(output, TestContext.Current.CancellationToken));
        Assert.Equal([output], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task An_output_in_a_folder_that_does_not_exist()
    {
        string output = Path.Combine(_folder.At("none"), "out.tgpt");
        (await CommandLineRun.Of("pack", _folder.Path, "-o", output)).FailedWith("does not exist");
        (await CommandLineRun.Of("synth", "--shape", "gpt2-124m", "-o", output)).FailedWith("does not exist");
    }

    [Theory]
    [InlineData("generate", "--ids", "1,3")]
    [InlineData("generate", "--ids", "1", "--logit-bias", "3=1")]
    [InlineData("logits", "--ids", "3,1")]
    public async Task An_id_outside_the_vocabulary(params string[] arguments)
    {
        CommandLineRun run = await CommandLineRun.Of([.. arguments, "-m", TestModels.NanoSort]);
        Assert.Equal("token id 3 is outside the vocabulary, whose ids run from 0 to 2", run.Failed());
    }

    [Theory]
    [InlineData("generate", "the prompt has 12 tokens, and the context has 11: give fewer")]
    [InlineData("logits", "The sequence would have 12 tokens, and the context has 11.")]
    public async Task More_tokens_than_the_context(string command, string error)
    {
        string ids = string.Join(',', Enumerable.Repeat("1", 12));
        CommandLineRun run = await CommandLineRun.Of(command, "-m", TestModels.NanoSort, "--ids", ids);
        Assert.Equal(error, run.Failed());
    }

    [Fact]
    public async Task A_model_without_a_tokenizer_or_an_end_of_text()
    {
        string model = TestModels.NanoSort;
        (await CommandLineRun.Of("generate", "-m", model, "-p", "x")).FailedWith("--ids");
        (await CommandLineRun.Of("generate", "-m", model)).FailedWith("end-of-text");
        (await CommandLineRun.Of("generate", "-m", model, "--ids", "1", "--stop", "x")).FailedWith("--stop");
        (await CommandLineRun.Of("chat", "-m", model)).FailedWith("tokenizer");
        (await CommandLineRun.Of("tokenize", "-m", model, "x")).FailedWith("tokenizer");
    }

    [Fact]
    public async Task Text_that_the_vocabulary_cannot_spell() =>
        (await CommandLineRun.Of("generate", "-m", TestModels.Slm4096, "-p", "é")).FailedWith("0xC3");

    [Fact]
    public async Task A_tier_that_this_processor_does_not_have()
    {
        KernelTier[] missing = [.. KernelTiers.All.Where(tier => !KernelTiers.IsSupported(tier))];
        Assert.SkipWhen(missing.Length == 0, "This processor has every tier.");
        string name = KernelTiers.Name(missing[0]);
        CommandLineRun run = await CommandLineRun.Of("generate", "-m", TestModels.NanoSort, "--ids", "1", "--tier", name);
        run.FailedWith($"'{name}'");
    }
}
