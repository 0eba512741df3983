using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using TinyGpt.Import;
using TinyGpt.Tests;
using Xunit;
using ChatRole = Microsoft.Extensions.AI.ChatRole;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>What the client says is what the engine says, and what it tells about it is true.</summary>
public sealed class AnswerTests : IDisposable
{
    private const string Greeting = "User: hello there\nAssistant:";

    private readonly GptModel _model = DialogueModels.Bytes();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task An_answer_is_what_the_engine_says_alone_and_its_usage_is_counted()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        (string text, int input, int output) = ChatModels.Alone(_model, Greeting, new SamplingOptions { Temperature = 1, Seed = 7 }, 40);
        ChatResponse response = await client.GetResponseAsync("hello there", ChatModels.Wild(7));
        Assert.NotEmpty(text);
        Assert.Equal(text, response.Text);
        Assert.Equal(input, response.Usage!.InputTokenCount);
        Assert.Equal(output, response.Usage.OutputTokenCount);
        Assert.Equal(input + output, response.Usage.TotalTokenCount);
        Assert.Equal(output == 40 ? ChatFinishReason.Length : ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal("tinygpt", response.ModelId);
        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
    }

    [Fact]
    public async Task A_model_that_wants_a_token_before_every_text_gets_it()
    {
        using GptModel stories = new(ModelSource.LoadAny(SharedData.RequireOrSkip("models/stories260K/stories260K.gguf")));
        (string text, int input, _) = ChatModels.Alone(stories, Greeting, SamplingOptions.Greedy, 20);
        using TinyGptChatClient client = ChatModels.Client(stories);
        ChatResponse response = await client.GetResponseAsync("hello there", new ChatOptions { MaxOutputTokens = 20 });
        Assert.Equal(1 + stories.Tokenizer!.Encode(Greeting).Length, input);
        Assert.Equal(input, response.Usage!.InputTokenCount);
        Assert.Equal(text, response.Text);
    }

    [Fact]
    public async Task Every_mapped_option_reaches_the_engine()
    {
        ChatOptions options = new()
        {
            Instructions = "be brief",
            Temperature = 0.9f,
            TopK = 40,
            TopP = 0.8f,
            FrequencyPenalty = 0.5f,
            PresencePenalty = -0.25f,
            Seed = -3,
            MaxOutputTokens = 60,
        };
        SamplingOptions sampling = new()
        {
            Temperature = 0.9f,
            TopK = 40,
            TopP = 0.8f,
            FrequencyPenalty = 0.5f,
            PresencePenalty = -0.25f,
            Seed = unchecked((ulong)-3L),
        };
        const string Prompt = "System: be brief\nUser: a\nAssistant: b\nUser: c\nAssistant:";
        ChatMessage[] messages = [new(ChatRole.User, "a"), new(ChatRole.Assistant, "b"), new(ChatRole.User, "c")];
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatResponse response = await client.GetResponseAsync(messages, options);
        Assert.Equal(ChatModels.Alone(_model, Prompt, sampling, 60).Text, response.Text);

        // Each option alone makes a difference, or the comparison above would show little.
        foreach (SamplingOptions other in new[]
        {
            sampling with { Temperature = 0.2f }, sampling with { TopK = 1 }, sampling with { TopP = 0.05f }, sampling with { FrequencyPenalty = 9 },
            sampling with { PresencePenalty = 30 }, sampling with { Seed = 3 },
        })
        {
            Assert.NotEqual(ChatModels.Alone(_model, Prompt, other, 60).Text, response.Text);
        }
    }

    [Fact]
    public async Task What_a_request_leaves_open_comes_from_the_clients_options()
    {
        SamplingOptions sampling = new() { Temperature = 1, Seed = 11, MinP = 0.001f };
        using TinyGptChatClient client = ChatModels.Client(_model, sampling: sampling);
        ChatResponse response = await client.GetResponseAsync("hello there");
        (string text, _, int output) = ChatModels.Alone(_model, Greeting, sampling, 256);
        Assert.Equal(text, response.Text);
        Assert.Equal(output, response.Usage!.OutputTokenCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_stream_is_the_answer_in_parts(long seed)
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        ChatResponse whole = await client.GetResponseAsync("hello there", ChatModels.Wild(seed));
        List<ChatResponseUpdate> updates = [];
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello there", ChatModels.Wild(seed)))
        {
            updates.Add(update);
        }

        Assert.True(updates.Count > 5);
        Assert.All(updates.SkipLast(1), update => Assert.NotEqual("", update.Text));
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
        ChatResponse parts = updates.ToChatResponse();
        Assert.Equal(whole.Text, parts.Text);
        Assert.Equal(whole.FinishReason, parts.FinishReason);
        Assert.Equal(whole.Usage!.InputTokenCount, parts.Usage!.InputTokenCount);
        Assert.Equal(whole.Usage.OutputTokenCount, parts.Usage.OutputTokenCount);
        Assert.Equal(whole.Usage.TotalTokenCount, parts.Usage.TotalTokenCount);
        Assert.Equal(whole.ModelId, parts.ModelId);
    }

    [Fact]
    public async Task A_stop_string_ends_an_answer_and_is_not_part_of_it()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        int cut = 0;
        for (long seed = 0; seed < 8; seed++)
        {
            string text = (await client.GetResponseAsync("hello there", ChatModels.Wild(seed))).Text;

            // Two characters that are what they look like: half a character shows as U+FFFD, which no stop string matches.
            int at = Enumerable.Range(3, text.Length - 5)
                .FirstOrDefault(index => char.IsAscii(text[index]) && char.IsAscii(text[index + 1]), -1);
            if (at < 0)
            {
                continue;
            }

            string stop = text.Substring(at, 2);
            ChatOptions options = ChatModels.Wild(seed);
            options.StopSequences = [stop, "never said, not once"];
            ChatResponse stopped = await client.GetResponseAsync("hello there", options);
            Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
            Assert.Equal(ChatFinishReason.Stop, stopped.FinishReason);
            Assert.Equal(stopped.Text, (await client.GetStreamingResponseAsync("hello there", options).ToChatResponseAsync()).Text);
            cut++;
        }

        Assert.True(cut >= 4);
    }

    [Fact]
    public async Task An_answer_has_the_most_tokens_it_was_given_and_no_more()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        foreach (int most in new[] { 1, 2, 17 })
        {
            ChatResponse response = await client.GetResponseAsync("hello there", ChatModels.Wild(2, most));
            Assert.Equal(most, response.Usage!.OutputTokenCount);
            Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        }
    }

    [Fact]
    public async Task An_answer_ends_with_the_context()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        string prompt = new('x', DialogueModels.Config.ContextLength - 40);
        ChatResponse response = await client.GetResponseAsync(prompt, ChatModels.Wild(4, 400));
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);

        // The last token is generated from a full context and never computed.
        Assert.Equal(DialogueModels.Config.ContextLength + 1, response.Usage!.TotalTokenCount);
        ContextOverflowException error = await Assert.ThrowsAsync<ContextOverflowException>(
            () => client.GetResponseAsync(prompt + prompt, ChatModels.Wild(4)));
        Assert.Equal(DialogueModels.Config.ContextLength, error.ContextLength);
    }

    [Fact]
    public async Task An_answer_for_which_the_engine_has_too_few_pages_is_the_beginning_of_the_same_text_and_says_so()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, new GptEngineOptions { MaxSequences = 4, KvPages = 1 });
        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            caller => client.GetResponseAsync("hello", ChatModels.Wild(caller, 20 + (5 * caller)))));
        for (int caller = 0; caller < answers.Length; caller++)
        {
            SamplingOptions sampling = new() { Temperature = 1, Seed = (ulong)caller };
            (string text, int inputs, int outputs) = ChatModels.Alone(_model, "User: hello\nAssistant:", sampling, 20 + (5 * caller));
            FinishReason finish = Assert.IsType<FinishReason>(answers[caller].AdditionalProperties![TinyGptChatClient.FinishProperty]);
            if (inputs + outputs <= GptEngine.PositionsPerPage + 1)
            {
                Assert.Equal(text, answers[caller].Text);
                Assert.NotEqual(FinishReason.ContextFull, finish);
            }
            else
            {
                Assert.StartsWith(answers[caller].Text, text, StringComparison.Ordinal);
                Assert.Equal((FinishReason.ContextFull, ChatFinishReason.Length), (finish, answers[caller].FinishReason));
            }
        }

        Assert.Contains(answers, answer => answer.AdditionalProperties![TinyGptChatClient.FinishProperty] is FinishReason.Length);
        Assert.Contains(answers, answer => answer.AdditionalProperties![TinyGptChatClient.FinishProperty] is FinishReason.ContextFull);
    }

    [Fact]
    public async Task A_format_of_ones_own_makes_the_prompt_and_ends_the_answer()
    {
        ChatPromptFormat format = new(
            (tokenizer, messages) => tokenizer.Encode(string.Concat(messages.Select(message => $"<{message.Text}>"))), "\n");
        using TinyGptChatClient client = new(new TinyGptChatClientOptions { Model = _model, PromptFormat = format });
        ChatResponse response = await client.GetResponseAsync("hello there", ChatModels.Wild(5, 60));
        Assert.Equal(ChatModels.Alone(_model, "<hello there>", new SamplingOptions { Temperature = 1, Seed = 5 }, 60, "\n").Text, response.Text);
        ChatPromptFormat wrong = new((_, _) => [1, 2, 280]);
        using TinyGptChatClient outside = new(new TinyGptChatClientOptions { Model = _model, PromptFormat = wrong });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => outside.GetResponseAsync("hello"));
    }

    [Fact]
    public async Task What_cannot_be_served_is_refused_by_name()
    {
        using TinyGptChatClient client = ChatModels.Client(_model);
        async Task Refused(string option, ChatOptions options)
        {
            UnsupportedChatOptionException error = await Assert.ThrowsAsync<UnsupportedChatOptionException>(
                () => client.GetResponseAsync("hello", options));
            Assert.Equal(option, error.Option);
        }

        await Refused("ChatOptions.ConversationId", new ChatOptions { ConversationId = "1" });
        await Refused("ChatOptions.ModelId", new ChatOptions { ModelId = "another" });
        await Refused("ChatOptions.Tools", new ChatOptions { Tools = [new HostedWebSearchTool()] });
        UnsupportedChatOptionException picture = await Assert.ThrowsAsync<UnsupportedChatOptionException>(
            () => client.GetResponseAsync(new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")])));
        Assert.Equal("ChatMessage.Contents", picture.Option);
        Assert.Contains("DataContent", picture.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(new ChatMessage(ChatRole.Tool, "x")));
        await Assert.ThrowsAsync<ArgumentNullException>(() => client.GetResponseAsync((IEnumerable<ChatMessage>)null!));
        foreach ((string name, ChatOptions options) in new (string, ChatOptions)[]
        {
            ("Temperature", new() { Temperature = -1 }), ("TopP", new() { TopP = 0 }), ("TopK", new() { TopK = -1 }),
            ("FrequencyPenalty", new() { FrequencyPenalty = 101 }), ("PresencePenalty", new() { PresencePenalty = float.NaN }),
            ("MaxOutputTokens", new() { MaxOutputTokens = 0 }),
        })
        {
            ArgumentOutOfRangeException error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => client.GetResponseAsync("hello", options));
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("hello", new ChatOptions { StopSequences = [""] }));
    }

    [Fact]
    public async Task What_no_prompt_can_be_made_of_is_an_error_of_its_own()
    {
        async Task<T> Fails<T>(GptModel model, ChatPromptFormat format, GptEngineOptions? engine = null)
            where T : Exception
        {
            using TinyGptChatClient client = new(new TinyGptChatClientOptions
            {
                Model = model,
                PromptFormat = format,
                Engine = engine ?? new GptEngineOptions(),
            });
            T direct = await Assert.ThrowsAsync<T>(() => client.GetResponseAsync("hello"));
            await Assert.ThrowsAsync<T>(() => client.GetStreamingResponseAsync("hello").ToChatResponseAsync());
            return direct;
        }

        await Fails<InvalidOperationException>(_model, new ChatPromptFormat((_, _) => null!));
        await Fails<ArgumentException>(_model, new ChatPromptFormat((_, _) => []));
        ChatPromptFormat large = new((_, _) => [.. Enumerable.Repeat(1, 100)]);
        InvalidOperationException pages = await Fails<InvalidOperationException>(_model, large, new GptEngineOptions { KvPages = 1 });
        Assert.Contains("KvPages", pages.Message, StringComparison.Ordinal);
        TokenVocabulary few = TokenVocabulary.Create(["h"u8.ToArray(), "e"u8.ToArray()], [], []);
        using GptModel small = new(TinyGpt.Import.SyntheticModel.Open(
            DialogueModels.Config with { VocabularySize = 2, EndOfTextToken = null }, few));
        await Fails<TokenizationException>(small, ChatPromptFormat.Plain);
    }

    [Fact]
    public void What_is_null_or_comes_too_late_is_refused_at_the_call()
    {
        TinyGptChatClient client = ChatModels.Client(_model);
        Assert.Throws<ArgumentNullException>(() => client.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!));
        Assert.Throws<ArgumentNullException>(() => client.GetService(null!));
        Assert.Throws<ArgumentNullException>(() => new TinyGptChatClient(null!));
        Assert.Throws<ArgumentNullException>(() => new ChatPromptFormat(null!));
        Assert.Throws<ArgumentNullException>(() => new ChatPromptFormat((_, _) => [1], null!));
        client.Dispose();
        client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => client.GetStreamingResponseAsync("hello"));
        Assert.Same(_model, client.GetService(typeof(GptModel)));
    }

    [Fact]
    public void Services_are_the_model_the_engines_options_and_the_metadata()
    {
        GptEngineOptions engine = new() { MaxSequences = 3 };
        using TinyGptChatClient client = ChatModels.Client(_model, engine);
        ChatClientMetadata metadata = Assert.IsType<ChatClientMetadata>(client.GetService(typeof(ChatClientMetadata)));
        Assert.Equal("tinygpt", metadata.ProviderName);
        Assert.Equal("tinygpt", metadata.DefaultModelId);
        Assert.Same(_model, client.GetService(typeof(GptModel)));
        Assert.Same(engine, client.GetService(typeof(GptEngineOptions)));
        Assert.Same(client, client.GetService(typeof(IChatClient)));
        Assert.Null(client.GetService(typeof(GptModel), "key"));
        Assert.Null(client.GetService(typeof(string)));
    }
}
