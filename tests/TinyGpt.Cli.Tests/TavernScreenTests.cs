using Xunit;

namespace TinyGpt.Cli.Tests;

public sealed class TavernScreenTests
{
    [Fact]
    public async Task Without_arguments_the_innkeeper_answers_each_line()
    {
        string[] lines = await Answers("Hello!\n\nGoodbye.\n");
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("Mira: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_go_by_the_changed_card()
    {
        CommandLineRun run = await CommandLineRun.WithInput(
            "What do you sell?\n/card ale 9\nWhat do you sell?\n"u8.ToArray(), "chat", "--temperature", "0");
        string[] lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("ale for 3", lines[0], StringComparison.Ordinal);
        Assert.Contains("ale for 9", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Somebody_else_can_be_talked_to()
    {
        string line = Assert.Single(await Answers("/who smith\nWhat is your name?\n/quit\nHello?\n"));
        Assert.StartsWith("Tom: ", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/card", "Sells: ale 3, stew 5, bed 12")]
    [InlineData("/card rumour bandits camp at the ford", "Rumour: bandits camp at the ford")]
    [InlineData("/card name -", "The card stays as it is: 'Name' cannot be taken away.")]
    [InlineData("/card nonsense", "'nonsense' is neither FIELD VALUE")]
    [InlineData("/who", "Tom, smith at the Black Anvil")]
    [InlineData("/who dragon", "There is no dragon here")]
    [InlineData("/stats", "0 of 384 tokens of context")]
    [InlineData("/help", "/card FIELD VALUE")]
    [InlineData("/dance", "There is no command /dance; /help shows those that there are.")]
    public async Task Commands_answer_on_standard_error(string command, string answer)
    {
        CommandLineRun run = await CommandLineRun.WithInput(System.Text.Encoding.UTF8.GetBytes(command + "\n"));
        Assert.Equal(0, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains(answer, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_without_a_model_takes_the_one_that_is_built_in()
    {
        string text = (await CommandLineRun.Of("generate", "-p", "Name: Mira\nTrade:", "-n", "3", "--temperature", "0")).Succeeded();
        Assert.NotEqual("", text);
    }

    private static async Task<string[]> Answers(string input)
    {
        CommandLineRun run = await CommandLineRun.WithInput(System.Text.Encoding.UTF8.GetBytes(input));
        return run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
