using System.Diagnostics;
using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class ChatTests
{
    [Fact]
    public async Task Every_line_is_answered_with_a_line()
    {
        CommandLineRun run = await CommandLineRun.WithInput(
            "Q: Are you AGI?\n\nQ: Is it secure?\n"u8.ToArray(), "chat", "-m", TestModels.Slm4096, "--temperature", "0");
        Assert.Equal(
            [
                "A: I am AGI in the same way a paper airplane is aerospace. Technically airborne.",
                "A: It is zero trust because it knows nothing. The ultimate air gap is ignorance.",
            ],
            run.Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_command_that_waits_for_input()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no kill command.");
        using Process chat = CommandLineRun.Start("chat", "-m", TestModels.Slm4096, "--temperature", "0");
        await chat.StandardInput.WriteLineAsync("Q: Are you AGI?");
        await chat.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("A: ", await chat.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using Process kill = Process.Start("kill", ["-INT", $"{chat.Id}"]);
        await chat.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(130, chat.ExitCode);
        string error = await chat.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal("tinygpt: cancelled" + Environment.NewLine, error);
    }
}
