using System.Text;
using System.Text.Json;
using TinyGpt.Import.Tests.Gguf;
using TinyGpt.Tests;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>What a fine-tuning begins from: every kind of model file, whole, with the checks of every other command.</summary>
public sealed class FineTuningSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cases/09/tiny.jsonl")]
    [InlineData("cases/09/masked.jsonl")]
    public async Task A_tokenizer_may_have_tokens_that_are_longer_than_the_text(string data)
    {
        string model = SharedData.RequireOrSkip("cases/09/m");
        data = SharedData.RequireOrSkip(data);
        (await CommandLineRun.Of("finetune", "--from", model, "--data", data, "-o", _folder.At("tuned"), "--steps", "1", "--batch", "1", "--context", "64"))
            .Succeeded();
        (await CommandLineRun.Of(
            "train", "--tokenizer", model, "--data", data, "-o", _folder.At("trained"), "--steps", "1", "--batch", "1", "--context", "64",
            "--layers", "1", "--width", "32", "--heads", "2")).Succeeded();
    }

    [Theory]
    [InlineData("cases/10/base")]
    [InlineData("cases/10/padded")] // more ids than tokens
    public async Task A_tokenizer_goes_through_packing_and_fine_tuning_whole(string source)
    {
        source = SharedData.RequireOrSkip(source);
        string packed = _folder.At("model.tgpt");
        (await CommandLineRun.Of("pack", source, "-o", packed)).Succeeded();
        string tuned = _folder.At("tuned");
        (await CommandLineRun.Of(
            "finetune", "--from", packed, "--data", SharedData.RequireOrSkip("cases/10/d.txt"), "-o", tuned, "--steps", "1", "--batch", "1", "--context", "32"))
            .Succeeded();
        Assert.Equal("257 104 105 258\n", (await CommandLineRun.Of("tokenize", "-m", tuned, "--special", "<|im_start|>hi<|im_end|>")).Succeeded());
        string inspected = (await CommandLineRun.Of("inspect", tuned)).Succeeded();
        Assert.Contains("chat         chatml", inspected, StringComparison.Ordinal);
        Assert.Contains("end of text: token 258", inspected, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cases/11/m", "config.json ties the head to the token embedding, but 'lm_head.weight' is another matrix")]
    [InlineData("cases/11/extra", "tensor 'adapter.lora_A.weight' has no place in a model of architecture gpt2")]
    public async Task A_checkpoint_is_refused_by_fine_tuning_for_the_reason_for_which_generating_and_packing_refuse_it(string model, string reason)
    {
        model = SharedData.RequireOrSkip(model);
        string data = _folder.Write("data.txt", "a line of text, and another"u8.ToArray());
        (await CommandLineRun.Of("finetune", "--from", model, "--data", data, "-o", _folder.At("tuned"))).FailedWith(reason);
        (await CommandLineRun.Of("generate", "-m", model, "-p", "a")).FailedWith(reason);
        (await CommandLineRun.Of("pack", model, "-o", _folder.At("packed.tgpt"))).FailedWith(reason);
        Assert.False(Directory.Exists(_folder.At("tuned")));
    }

    [Fact]
    public async Task A_gguf_file_can_be_fine_tuned()
    {
        string file = _folder.At("model.gguf");
        await File.WriteAllBytesAsync(file, WithTokenizer(TinyGguf.Gpt2()).Build(), TestContext.Current.CancellationToken);
        string data = _folder.Write("data.txt", "abcdefabcfed"u8.ToArray());
        string tuned = _folder.At("tuned");
        (await CommandLineRun.Of("finetune", "--from", file, "--data", data, "-o", tuned, "--steps", "1", "--batch", "1", "--context", "9")).Succeeded();

        // A step of the smallest learning rate changes the logits by little: the weights were those of the file.
        (await CommandLineRun.Of(
            "finetune", "--from", file, "--data", data, "-o", _folder.At("same"), "--steps", "1", "--batch", "1", "--context", "9",
            "--learning-rate", "1e-12", "--weight-decay", "0")).Succeeded();
        double[] expected = await Logits(file);
        double[] actual = await Logits(_folder.At("same"));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 4));
        Assert.Equal("0 1 2\n", (await CommandLineRun.Of("tokenize", "-m", tuned, "abc")).Succeeded());
    }

    [Fact]
    public async Task Only_models_of_GPT_2s_shape_can_be_fine_tuned()
    {
        string data = _folder.Write("data.txt", "a line of text, and another"u8.ToArray());
        (await CommandLineRun.Of("finetune", "--from", TestModels.Stories, "--data", data, "-o", _folder.At("tuned")))
            .FailedWith("models of GPT-2's shape can be trained, and this one ('llama') has another");
        (await CommandLineRun.Of("finetune", "--from", TestModels.NanoSort, "--data", data, "-o", _folder.At("tuned")))
            .FailedWith("the model has no tokenizer, so it cannot learn a text");
    }

    private static async Task<double[]> Logits(string model)
    {
        JsonElement report = (await CommandLineRun.Of("logits", "-m", model, "--ids", "1,2,3")).Json();
        return [.. report.GetProperty("logits").EnumerateArray().Select(logit => logit.GetDouble())];
    }

    private static GgufDraft WithTokenizer(GgufDraft draft) => draft
        .Text("tokenizer.ggml.model", "gpt2").Text("tokenizer.ggml.pre", "gpt-2")
        .Texts("tokenizer.ggml.tokens", "a", "b", "c", "d", "e", "f", "<|endoftext|>")
        .Int32s("tokenizer.ggml.token_type", 1, 1, 1, 1, 1, 1, 3).Texts("tokenizer.ggml.merges")
        .UInt32("tokenizer.ggml.eos_token_id", 6).UInt32("tokenizer.ggml.bos_token_id", 6);
}
