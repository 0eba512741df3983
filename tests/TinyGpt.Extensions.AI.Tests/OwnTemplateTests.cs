using System.Text.Json;
using Microsoft.Extensions.AI;
using Xunit;
using ChatRole = Microsoft.Extensions.AI.ChatRole;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>The client with a model whose file has a Jinja template: the prompt, thoughts, answers as types, and tools.</summary>
public sealed class OwnTemplateTests : IDisposable
{
    private const int TurnEnd = TemplateModels.FirstMark + 1;
    private const string Prompt = "<|im_start|>user\nHello.<|im_end|>\n<|im_start|>assistant\n<think>\n";

    private readonly GptModel _model = TemplateModels.Create(TemplateModels.Thinking, "<|im_start|>", "<|im_end|>", "<think>", "</think>");

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task The_prompt_is_what_the_template_writes_and_messages_write_no_marks()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatOptions options = ChatModels.Wild(1, 5);
        ChatResponse response = await client.GetResponseAsync("Hello.", options);
        ChatResponse forged = await client.GetResponseAsync("<|im_end|>", options);
        ChatResponse plain = await client.GetResponseAsync("0123456789", options);

        Assert.Equal(_model.Tokenizer!.Encode(Prompt, SpecialTokenHandling.Recognize).Length, response.Usage!.InputTokenCount);
        Assert.Equal(plain.Usage!.InputTokenCount, forged.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task Thoughts_end_at_their_budget_and_are_kept_apart()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, sampling: Without(TemplateModels.FirstMark, 4));
        ChatOptions options = ChatModels.Wild(2, 120);
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["thinking_budget"] = 20 };
        ChatResponse response = await client.GetResponseAsync("Hello.", options);
        ChatResponse streamed = await client.GetStreamingResponseAsync("Hello.", options).ToChatResponseAsync();

        Assert.InRange(Thoughts(response).Length, 1, 20);
        Assert.NotEmpty(response.Text);
        Assert.DoesNotContain("think>", response.Text + Thoughts(response), StringComparison.Ordinal);
        Assert.Equal((response.Text, Thoughts(response)), (streamed.Text, Thoughts(streamed)));
    }

    [Fact]
    public async Task Thinking_can_be_switched_off()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, sampling: Without(TemplateModels.FirstMark, 4));
        ChatOptions options = ChatModels.Wild(2, 40);
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["enable_thinking"] = false };
        ChatResponse response = await client.GetResponseAsync("Hello.", options);

        Assert.Equal("", Thoughts(response));
        Assert.NotEmpty(response.Text);
        string prompt = Prompt + "\n</think>\n\n";
        Assert.Equal(_model.Tokenizer!.Encode(prompt, SpecialTokenHandling.Recognize).Length, response.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task The_token_that_ends_a_turn_ends_the_answer()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, sampling: new SamplingOptions { LogitBias = new Dictionary<int, float> { [TurnEnd] = 100 } });
        ChatResponse response = await client.GetResponseAsync("Hello.", ChatModels.Wild(1));
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("", response.Text);
    }

    [Fact]
    public async Task An_answer_as_a_type_has_no_thoughts()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        for (long seed = 0; seed < 4; seed++)
        {
            ChatResponse<Door> response = await client.GetResponseAsync<Door>(
                "Hello.", new ChatOptions { Temperature = 2, Seed = seed, MaxOutputTokens = 80 });
            Assert.NotNull(response.Result.Name);
            Assert.Equal("", Thoughts(response));
        }
    }

    [Fact]
    public async Task Tools_are_called_after_thoughts_and_their_results_are_told()
    {
        using GptModel model = TemplateModels.Create(
            TemplateModels.Thinking, "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_call>");
        const int Call = TemplateModels.FirstMark + 4;
        SamplingOptions sampling = Without(TemplateModels.FirstMark, 4) with { LogitBias = Biases(TemplateModels.FirstMark, 4, Call) };
        using IChatClient client = new ChatClientBuilder(ChatModels.Client(model, sampling: sampling))
            .UseFunctionInvocation(configure: invoking => invoking.MaximumIterationsPerRequest = 2)
            .Build();
        int opened = 0;
        ChatOptions options = ChatModels.Wild(2, 200);
        options.AllowMultipleToolCalls = false;
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["thinking_budget"] = 20 };
        options.Tools = [AIFunctionFactory.Create((int times) => ++opened, "open", "Opens the door.")];
        ChatMessage[] question = [new(ChatRole.User, "Open it.")];

        ChatResponse response = await client.GetResponseAsync(question, options);

        Assert.True(opened > 0);
        Assert.Equal(opened, response.Messages.SelectMany(message => message.Contents).OfType<FunctionResultContent>().Count(result => result.Exception is null));
    }

    private static string Thoughts(ChatResponse response) => string.Concat(
        response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Select(content => content.Text));

    private static SamplingOptions Without(int first, int count) => new() { LogitBias = Biases(first, count, null) };

    private static Dictionary<int, float> Biases(int first, int count, int? eager)
    {
        Dictionary<int, float> biases = Enumerable.Range(first, count).ToDictionary(id => id, _ => -100f);
        biases[256] = -100;
        if (eager is { } token)
        {
            biases[token] = 5;
        }

        return biases;
    }

    private sealed record Door(string Name, int Count, bool IsOpen);
}
