using System.Text;
using TinyGpt.Tests.Platform;
using Xunit;

namespace TinyGpt.Cli.Tests;

/// <summary>The command line where there is no OpenSSL; only <c>pull</c> may need it.</summary>
public sealed class NoOpenSslTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Commands_that_open_models_give_what_they_give_elsewhere()
    {
        using BareSystem system = new(AppContext.BaseDirectory, _folder.At(""));
        string model = Path.Combine(AppContext.BaseDirectory, "Golden", "first-lz4.tgpt");
        string text = _folder.Write("text.txt", Encoding.UTF8.GetBytes("A room for the night, and there is the inn."));
        string[][] commands =
        [
            ["generate", "-m", model, "-p", "A room", "-n", "20"],
            ["inspect", model, "--verify"],
            ["tokenize", "-m", model, "--file", text],
            ["perplexity", "-m", model, "--file", text],
            ["logits", "-m", model, "--ids", "1,2,3"],
        ];
        foreach (string[] command in commands)
        {
            (int exitCode, string output, string error) = await system.Run(CommandLineRun.Program, command);
            Assert.True(exitCode == 0, error);
            Assert.Equal((await CommandLineRun.Of(command)).Output, output);
        }
    }

    [Fact]
    public async Task A_model_can_be_trained_packed_and_talked_to()
    {
        using BareSystem system = new(AppContext.BaseDirectory, _folder.At(""));
        string text = _folder.Write("text.txt", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("The inn is open. The ale is two coppers.\n", 60))));
        string[][] commands =
        [
            ["train", "--data", text, "-o", _folder.At("trained"), "--steps", "2", "--layers", "1", "--width", "32", "--heads", "2", "--context", "16", "--batch", "2", "--vocab-size", "270"],
            ["pack", _folder.At("trained"), "-o", _folder.At("packed.tgpt")],
            ["generate", "-m", _folder.At("packed.tgpt"), "-p", "The inn", "-n", "3"],
        ];
        foreach (string[] command in commands)
        {
            (int exitCode, _, string error) = await system.Run(CommandLineRun.Program, command);
            Assert.True(exitCode == 0, string.Join(' ', command) + "\n" + error);
        }
    }
}
