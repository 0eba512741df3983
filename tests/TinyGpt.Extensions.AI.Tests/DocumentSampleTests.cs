using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>The samples of <c>docs/tools-and-templates.md</c>. They are here word for word, and a test compares.</summary>
public sealed partial class DocumentSampleTests
{
    private enum Reward
    {
        Gold,
        Fame,
    }

    [Fact]
    public async Task The_samples_run()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 4096 });

        // <sample>
        IChatClient client = new ChatClientBuilder(new TinyGptChatClient(new TinyGptChatClientOptions { Model = model }))
            .UseFunctionInvocation()
            .Build();
        ChatOptions options = new()
        {
            ToolMode = ChatToolMode.Auto,
            Tools =
            [
                AIFunctionFactory.Create((string item) => 3, "price", "What an item costs, in silver."),
                AIFunctionFactory.Create((bool gently) => "open", "open_door", "Opens the door."),
            ],
        };
        ChatResponse response = await client.GetResponseAsync("How much is the ale?", options);
        // </sample>
        Assert.NotEmpty(response.Messages);

        // <sample>
        ChatResponse<Quest> quest = await client.GetResponseAsync<Quest>("Invent a quest.");
        // </sample>
        Assert.NotEmpty(quest.Text);
        client.Dispose();
    }

    [Fact]
    public void Every_sample_of_the_document_is_compiled_here()
    {
        string here = Here();
        string document = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "tools-and-templates.md"));
        HashSet<string> compiled = [.. Samples().Matches(File.ReadAllText(here)).Select(match => Words(match.Groups[1].Value))];
        List<string> shown = [.. Blocks().Matches(document).Select(match => Words(match.Groups[1].Value))];

        Assert.NotEmpty(shown);
        Assert.All(shown, block => Assert.Contains(block, compiled));
    }

    private static string Here([CallerFilePath] string path = "") => path;

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    [GeneratedRegex("// <sample>(.*?)// </sample>", RegexOptions.Singleline)]
    private static partial Regex Samples();

    [GeneratedRegex("```csharp(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    private sealed record Quest(string Title, Reward Reward, List<string> Steps, Dictionary<string, int> Prizes, DateOnly? Until);
}
