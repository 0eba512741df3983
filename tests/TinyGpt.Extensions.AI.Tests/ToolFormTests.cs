using System.Text.Json;
using Microsoft.Extensions.AI;
using Xunit;
using ChatRole = Microsoft.Extensions.AI.ChatRole;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>The forms in which families of templates write calls, each by a model with such a template.</summary>
public sealed class ToolFormTests
{
    private const string Llama = "<|start_header_id|>";

    private static readonly ChatMessage[] Question = [new(ChatRole.User, "Open the door.")];

    /// <summary>What marks a family's template, and what its model begins a call with.</summary>
    public static TheoryData<string, string> Forms => new()
    {
        { "[TOOL_CALLS]", "[TOOL_CALLS]" },
        { "<|tool_call|>", "<|tool_call|>" },
        { Llama, "{\"name\":" },
        { Llama, "<|python_tag|>" },
        { "other", "<tool_call>" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_call_that_the_model_begins_is_one_of_the_functions_and_streams_alike(string family, string start)
    {
        using GptModel model = TemplateModels.Create(TemplateModels.WithTools(family), start);
        using TinyGptChatClient client = ChatModels.Client(model, sampling: Eager(TemplateModels.FirstMark));
        for (long seed = 0; seed < 4; seed++)
        {
            ChatOptions options = Options(ChatToolMode.Auto, seed, 300);
            ChatResponse response = await client.GetResponseAsync(Question, options);
            FunctionCallContent[] calls = Calls(response);

            Assert.NotEmpty(calls);
            Assert.All(calls, Check);
            Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
            Assert.DoesNotContain(start, response.Text, StringComparison.Ordinal);
            ChatResponse streamed = await client.GetStreamingResponseAsync(Question, options).ToChatResponseAsync();
            Assert.Equal(calls.Select(Write), Calls(streamed).Select(Write));
            Assert.Equal(response.Text, streamed.Text);
        }
    }

    [Theory]
    [InlineData("[TOOL_CALLS]", ",")]
    [InlineData("<|tool_call|>", ",")]
    [InlineData("other", "<tool_call>")]
    public async Task Several_calls_come_in_one_answer_where_the_model_goes_on(string family, string next)
    {
        using GptModel model = TemplateModels.Create(TemplateModels.WithTools(family), "<tool_call>");
        int token = next == "," ? ',' : TemplateModels.FirstMark;
        using TinyGptChatClient client = ChatModels.Client(model, sampling: Eager(token));
        ChatOptions options = Options(ChatToolMode.RequireAny, 1, 400);

        FunctionCallContent[] several = Calls(await client.GetResponseAsync(Question, options));
        options.AllowMultipleToolCalls = false;
        FunctionCallContent[] one = Calls(await client.GetResponseAsync(Question, options));

        Assert.True(several.Length > 1, $"{several.Length}");
        Assert.All(several, Check);
        Assert.Equal(several.Length, several.Select(call => call.CallId).Distinct().Count());
        Assert.Single(one);
    }

    [Fact]
    public async Task Llama_has_one_call_a_turn()
    {
        using GptModel model = TemplateModels.Create(TemplateModels.WithTools(Llama));
        using TinyGptChatClient client = ChatModels.Client(model, sampling: Eager(','));
        Check(Assert.Single(Calls(await client.GetResponseAsync(Question, Options(ChatToolMode.RequireAny, 1, 400)))));
    }

    [Theory]
    [InlineData("[TOOL_CALLS]")]
    [InlineData("<|tool_call|>")]
    [InlineData(Llama)]
    [InlineData("other")]
    public async Task A_call_that_runs_out_of_tokens_is_left_out_whole(string family)
    {
        using GptModel model = TemplateModels.Create(TemplateModels.WithTools(family));
        using TinyGptChatClient client = ChatModels.Client(model, sampling: Eager(','));
        ChatResponse[] responses = await Task.WhenAll(Enumerable.Range(1, 120).Select(
            tokens => client.GetResponseAsync(Question, Options(ChatToolMode.RequireAny, tokens, tokens))));
        int without = 0;
        foreach (ChatResponse response in responses)
        {
            FunctionCallContent[] calls = Calls(response);
            Assert.All(calls, Check);
            Assert.Equal("", response.Text);
            Assert.Equal(calls.Length > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Length, response.FinishReason);
            without += calls.Length == 0 ? 1 : 0;
        }

        Assert.InRange(without, 1, 119);
    }

    [Fact]
    public async Task A_call_at_the_end_of_the_context_is_left_out_and_the_next_request_is_answered()
    {
        using GptModel model = TemplateModels.Create(TemplateModels.WithTools("other"));
        using TinyGptChatClient client = ChatModels.Client(model);
        ChatOptions options = Options(ChatToolMode.RequireAny, 1, 2000);
        long length = (await client.GetResponseAsync(Question, options)).Usage!.InputTokenCount!.Value;
        for (int left = 1; left < 60; left += 7)
        {
            string filler = new('x', 2048 - (int)length - left);
            ChatResponse cut = await client.GetResponseAsync(Question[0].Text + filler, options);
            Assert.All(Calls(cut), Check);
            Assert.Equal(Calls(cut).Length > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Length, cut.FinishReason);
        }

        Assert.NotEmpty(Calls(await client.GetResponseAsync(Question, options)));
    }

    [Theory]
    [InlineData(TemplateModels.Thinking)]
    [InlineData("{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}{{ m.content }}<|im_end|>{% endfor %}")]
    public async Task A_template_that_ignores_tools_gets_them_described(string template)
    {
        using GptModel model = TemplateModels.Create(template, "<|im_start|>", "<|im_end|>", "<tool_call>");
        using TinyGptChatClient client = ChatModels.Client(model, sampling: Eager(TemplateModels.FirstMark + 2));
        ChatOptions options = Options(ChatToolMode.Auto, 1, 300);
        ChatResponse without = await client.GetResponseAsync(Question, Options(ChatToolMode.None, 1, 10));
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["enable_thinking"] = false };
        ChatResponse response = await client.GetResponseAsync(Question, options);
        long described = options.Tools!.Sum(tool => tool.Name.Length + tool.Description.Length + ((AIFunction)tool).JsonSchema.GetRawText().Length);

        Assert.True(response.Usage!.InputTokenCount > without.Usage!.InputTokenCount + described);
        Assert.NotEmpty(Calls(response));
        Assert.All(Calls(response), Check);

        // What was called and what came of it is told as well, by turns.
        ChatMessage result = new(ChatRole.Tool, [new FunctionResultContent(Calls(response)[0].CallId, "It is open now.")]);
        ChatResponse next = await client.GetResponseAsync([.. Question, .. response.Messages, result], options);
        Assert.True(next.Usage!.InputTokenCount > response.Usage.InputTokenCount + "It is open now.".Length);
    }

    private static SamplingOptions Eager(int token) => new() { LogitBias = new Dictionary<int, float> { [token] = 100 } };

    private static FunctionCallContent[] Calls(ChatResponse response) =>
        [.. response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()];

    private static string Write(FunctionCallContent call) => $"{call.Name} {JsonSerializer.Serialize(call.Arguments)}";

    private static void Check(FunctionCallContent call)
    {
        Assert.Null(call.Exception);
        string expected = call.Name == "open" ? "gently" : "count";
        Assert.Contains(call.Name, (string[])["open", "knock"]);
        (string name, object? value) = Assert.Single(call.Arguments!);
        Assert.Equal(expected, name);
        JsonElement argument = (JsonElement)value!;
        Assert.True(call.Name == "open" ? argument.ValueKind is JsonValueKind.True or JsonValueKind.False : argument.TryGetInt32(out _));
    }

    private static ChatOptions Options(ChatToolMode mode, long seed, int tokens) => new()
    {
        Temperature = 1,
        Seed = seed,
        MaxOutputTokens = tokens,
        ToolMode = mode,
        Tools =
        [
            AIFunctionFactory.Create((bool gently) => true, "open", "Opens the door."),
            AIFunctionFactory.Create((int count) => "nothing", "knock", "Knocks at the door."),
        ],
    };
}
