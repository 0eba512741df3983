using System.Text.Json;
using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using TinyGpt.Import;
using Xunit;
using ChatRole = Microsoft.Extensions.AI.ChatRole;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Tools: a random model calls them, and what it calls them with is always valid.</summary>
public sealed class ToolTests
{
    private static readonly ChatMessage[] Question = [new(ChatRole.User, "What is the weather?")];

    private enum Unit
    {
        Celsius,
        Fahrenheit,
    }

    [Fact]
    public async Task A_required_function_is_called_with_arguments_that_keep_its_schema()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        foreach (long seed in Enumerable.Range(1, 5))
        {
            ChatOptions options = Options(seed, ChatToolMode.RequireSpecific("forecast"));
            ChatResponse response = await client.GetResponseAsync(Question, options);

            FunctionCallContent call = Assert.Single(response.Messages[0].Contents.OfType<FunctionCallContent>());
            Assert.Equal("forecast", call.Name);
            Assert.Null(call.Exception);
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.Equal(JsonValueKind.Number, ((JsonElement)call.Arguments!["days"]!).ValueKind);
            Assert.True(((JsonElement)call.Arguments["days"]!).GetRawText().All(c => char.IsAsciiDigit(c) || c == '-'));
            Assert.Contains(((JsonElement)call.Arguments["unit"]!).GetString(), Enum.GetNames<Unit>());
        }
    }

    [Fact]
    public async Task Any_of_several_functions_can_be_required()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        HashSet<string> called = [];
        foreach (long seed in Enumerable.Range(1, 12))
        {
            ChatResponse response = await client.GetResponseAsync(Question, Options(seed, ChatToolMode.RequireAny));
            called.UnionWith(response.Messages[0].Contents.OfType<FunctionCallContent>().Select(call => call.Name));
        }

        Assert.Subset(new HashSet<string>(["forecast", "open", "now"]), called);
        Assert.True(called.Count > 1);
    }

    [Fact]
    public async Task Without_tools_or_with_the_mode_none_nothing_is_called()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatResponse none = await client.GetResponseAsync(Question, Options(3, ChatToolMode.None));
        ChatResponse plain = await client.GetResponseAsync(Question, ChatModels.Wild(3, 600));

        Assert.Empty(none.Messages[0].Contents.OfType<FunctionCallContent>());
        Assert.Equal(plain.Text, none.Text);
    }

    [Fact]
    public async Task Streaming_gives_the_same_calls()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatOptions options = Options(2, ChatToolMode.RequireSpecific("open"));
        ChatResponse whole = await client.GetResponseAsync(Question, options);
        ChatResponse streamed = await client.GetStreamingResponseAsync(Question, options).ToChatResponseAsync();

        Assert.Equal(Calls(whole), Calls(streamed));
        Assert.Equal(ChatFinishReason.ToolCalls, streamed.FinishReason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_call_that_the_model_begins_by_itself_is_finished_within_the_schema(bool isParallel)
    {
        const int Mark = 257;
        List<byte[]> tokens = [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value }), "<e>"u8.ToArray(), "<tool_call>"u8.ToArray()];
        using GptModel model = new(SyntheticModel.Open(
            DialogueModels.Config with { VocabularySize = 258, ContextLength = 2048 }, TokenVocabulary.Create(tokens, [], [256, Mark]), 1));
        SamplingOptions eager = new() { LogitBias = new Dictionary<int, float> { [Mark] = 100 } };
        using TinyGptChatClient client = ChatModels.Client(model, sampling: eager);
        ChatOptions options = Options(1, ChatToolMode.Auto);
        options.Tools = [options.Tools![1], options.Tools[2]];
        options.AllowMultipleToolCalls = isParallel;

        ChatResponse response = await client.GetResponseAsync(Question, options);

        FunctionCallContent[] calls = [.. response.Messages[0].Contents.OfType<FunctionCallContent>()];
        Assert.True(calls.Length > 0, $"{response.FinishReason} '{response.Text}' {response.Usage?.OutputTokenCount}");
        Assert.Equal(isParallel, calls.Length > 1);
        Assert.NotEmpty(calls);
        Assert.All(calls, call => Assert.Contains(call.Name, (string[])["open", "now"]));
        Assert.Equal(calls.Length, calls.Select(call => call.CallId).Distinct().Count());
        Assert.DoesNotContain("tool_call", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_end_in_time_and_a_call_that_cannot_is_left_out()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        int shortened = 0;
        int cut = 0;
        for (int tokens = 40; tokens <= 150; tokens += 10)
        {
            ChatOptions options = new()
            {
                Temperature = 1.5f,
                Seed = tokens,
                MaxOutputTokens = tokens,
                ToolMode = ChatToolMode.RequireAny,
                Tools = [AIFunctionFactory.Create((string words) => words, "say", "Says something.")],
            };
            ChatResponse response = await client.GetResponseAsync(Question, options);
            FunctionCallContent? call = response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault();
            Assert.Equal(call is null ? ChatFinishReason.Length : ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.True(call is null || call.Arguments!.ContainsKey("words"));
            cut += call is null ? 1 : 0;
            shortened += Equals(response.AdditionalProperties![TinyGptChatClient.FinishProperty], FinishReason.Shortened) ? 1 : 0;
        }

        Assert.True(shortened > 0, $"{shortened} shortened, {cut} cut");
    }

    [Fact]
    public async Task Function_invocation_works_with_three_tools()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient inner = ChatModels.Client(model);
        using IChatClient client = new ChatClientBuilder(inner).UseFunctionInvocation().Build();
        List<string> invoked = [];
        ChatOptions options = new()
        {
            Temperature = 1,
            Seed = 4,
            MaxOutputTokens = 600,
            ToolMode = ChatToolMode.RequireAny,
            AllowMultipleToolCalls = false,
            Tools =
            [
                AIFunctionFactory.Create((int days, Unit unit) => Note("forecast", "sunny"), "forecast", "The weather of the next days."),
                AIFunctionFactory.Create((bool gently) => Note("open", "open"), "open", "Opens the door."),
                AIFunctionFactory.Create(() => Note("now", "noon"), "now", "The time."),
            ],
        };

        // The required mode lasts for one round; then the model, which knows nothing, says what it likes.
        ChatResponse response = await client.GetResponseAsync(Question, options);

        Assert.NotEmpty(invoked);
        FunctionResultContent result = response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().First();
        Assert.Null(result.Exception);
        Assert.Equal(ChatRole.Assistant, response.Messages[^1].Role);

        string Note(string name, string answer)
        {
            invoked.Add(name);
            return answer;
        }
    }

    [Fact]
    public async Task Tools_beside_an_answer_in_JSON_and_a_function_that_is_not_there_are_refused()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatOptions json = Options(1, ChatToolMode.Auto);
        json.ResponseFormat = ChatResponseFormat.Json;

        await Assert.ThrowsAsync<UnsupportedChatOptionException>(() => client.GetResponseAsync(Question, json));
        await Assert.ThrowsAsync<UnsupportedChatOptionException>(
            () => client.GetResponseAsync(Question, Options(1, ChatToolMode.RequireSpecific("missing"))));
    }

    [Fact]
    public async Task Typed_answers_have_the_shape_of_their_type()
    {
        using GptModel model = DialogueModels.Bytes(DialogueModels.Config with { ContextLength = 2048 });
        using TinyGptChatClient client = ChatModels.Client(model);
        foreach (long seed in Enumerable.Range(1, 3))
        {
            ChatResponse<Report> response = await client.GetResponseAsync<Report>(
                Question, new ChatOptions { Temperature = 0.2f, Seed = seed, MaxOutputTokens = 400 });
            Assert.NotNull(response.Result.Where);
        }
    }

    private static string[] Calls(ChatResponse response) =>
    [
        .. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()
            .Select(call => $"{call.Name} {JsonSerializer.Serialize(call.Arguments)}"),
    ];

    private static ChatOptions Options(long seed, ChatToolMode mode) => new()
    {
        Temperature = 1,
        Seed = seed,
        MaxOutputTokens = 600,
        ToolMode = mode,
        AllowMultipleToolCalls = false,
        Tools =
        [
            AIFunctionFactory.Create((int days, Unit unit) => "sunny", "forecast", "The weather of the next days."),
            AIFunctionFactory.Create((bool gently) => true, "open", "Opens the door."),
            AIFunctionFactory.Create(() => "noon", "now", "The time."),
        ],
    };

    private sealed record Report(Place Where, List<int> Days, Dictionary<string, bool> Flags, double? Wind, DateTime When, int[] Codes);

    private sealed record Place(string Name, bool IsIndoors);
}
