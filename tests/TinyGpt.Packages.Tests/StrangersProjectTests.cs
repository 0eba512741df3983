using System.Diagnostics;
using Xunit;

namespace TinyGpt.Packages.Tests;

/// <summary>Projects of people who have the packages and nothing else of this repository.</summary>
public sealed class StrangersProjectTests(PackedSolution solution)
{
    [Fact]
    public async Task A_console_game_builds_without_warnings_and_talks()
    {
        string game = await solution.MakeProject("Game", "Microsoft.NET.Sdk", ["TinyGpt"], """
            using System.Text;
            using TinyGpt;
            using TinyGpt.Dialogue;
            using TinyGpt.Tavern;

            using GptModel model = TavernModel.Load();
            using DialogueStage stage = new(model, new StageOptions { Seed = 7 });
            Npc mira = stage.Add(new Persona
            {
                Name = "Mira",
                Mood = "cheerful",
                Facts = [new("Trade", "innkeeper"), new("Home", "the Gilded Goose"), new("Sells", "ale 3, stew 5")],
                Sampling = SamplingOptions.Greedy,
            });
            Talk talk = stage.Open(mira);
            talk.Say("How much is the ale?");
            byte[] utf8 = new byte[256];
            while (stage.Tick(StepBudget.Milliseconds(2)) == StepStatus.Working)
            {
                while (talk.TryRead(utf8, out int written))
                {
                    Console.Write(Encoding.UTF8.GetString(utf8, 0, written));
                }
            }

            while (talk.TryRead(utf8, out int written))
            {
                Console.Write(Encoding.UTF8.GetString(utf8, 0, written));
            }
            """);
        string answer = await Shell.Run(game, Shell.Dotnet, "run", "-c", "Release");
        Assert.Contains("3", answer, StringComparison.Ordinal);

        // What the packages set for publishing ahead of time.
        Assert.Equal("x86-64-v3", await InstructionSet(game, "linux-x64"));
        Assert.Equal("x86-64-v3", await InstructionSet(game, "win-x64"));
        Assert.Equal("", await InstructionSet(game, "linux-arm64"));
        Assert.Equal("x86-64-v4", await InstructionSet(game, "linux-x64", "-p:IlcInstructionSet=x86-64-v4"));
        Assert.Equal("", (await Shell.Run(game, Shell.Dotnet, "msbuild", "-getProperty:IlcInstructionSet", "-p:RuntimeIdentifier=linux-x64")).Trim());
    }

    [Fact]
    public async Task An_ASP_NET_app_answers_by_IChatClient()
    {
        string app = await solution.MakeProject("App", "Microsoft.NET.Sdk.Web", ["TinyGpt.Extensions.AI", "TinyGpt.Tavern"], """
            using Microsoft.Extensions.AI;
            using TinyGpt.Extensions.AI;
            using TinyGpt.Tavern;

            WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
            builder.Services.AddTinyGptChatClient(options =>
            {
                options.Model = TavernModel.Load();
                options.MaxOutputTokens = 8;
            });
            WebApplication app = builder.Build();
            app.MapGet("/", async (IChatClient client) => (await client.GetResponseAsync("A room for the night?")).Text + "|end");
            app.Run();
            """);
        await Shell.Run(app, Shell.Dotnet, "build", "-c", "Release");
        using Process process = Shell.Start(app, Shell.Dotnet, "bin/Release/net10.0/App.dll", "--urls", "http://127.0.0.1:0");
        try
        {
            const string Listening = "Now listening on: ";
            string? line;
            do
            {
                line = await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
                Assert.True(line is not null, "the app ended: " + (process.HasExited ? await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken) : ""));
            }
            while (!line.Contains(Listening, StringComparison.Ordinal));

            using HttpClient client = new();
            Uri address = new(line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..]);
            string answer = await client.GetStringAsync(address, TestContext.Current.CancellationToken);
            Assert.EndsWith("|end", answer, StringComparison.Ordinal);
            Assert.True(answer.Length > "|end".Length, answer);
        }
        finally
        {
            process.Kill();
        }
    }

    [Fact]
    public async Task The_tool_is_installed_and_the_innkeeper_answers()
    {
        string tools = Path.Combine(solution.Root, "tools");
        await Shell.Run(solution.Root, Shell.Dotnet, "tool", "install", "TinyGpt.Cli", "--tool-path", tools, "--version", solution.Version);
        string tinygpt = Path.Combine(tools, OperatingSystem.IsWindows() ? "tinygpt.exe" : "tinygpt");
        using Process process = Shell.Start(solution.Root, tinygpt);
        await process.StandardInput.WriteLineAsync("What do you sell?");
        process.StandardInput.Close();
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string answer = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error);
        Assert.Contains("ale", answer, StringComparison.Ordinal);
    }

    private static async Task<string> InstructionSet(string project, string runtime, params string[] more) =>
        (await Shell.Run(
            project, Shell.Dotnet, ["msbuild", "-getProperty:IlcInstructionSet", "-p:PublishAot=true", $"-p:RuntimeIdentifier={runtime}", .. more])).Trim();
}
