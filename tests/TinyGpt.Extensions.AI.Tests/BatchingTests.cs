using Microsoft.Extensions.AI;
using TinyGpt.Dialogue.Tests;
using Xunit;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Callers share one engine, wait in their order, go when they like, and hear of the end.</summary>
public sealed class BatchingTests : IDisposable
{
    private static readonly GptEngineOptions OneSequence = new() { MaxSequences = 1 };

    private readonly GptModel _model = DialogueModels.Bytes();

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task More_callers_than_sequences_get_the_answers_that_they_would_get_alone()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, new GptEngineOptions { MaxSequences = 3, MaxBatchTokens = 16 });
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            async caller => (await client.GetResponseAsync($"I am caller {caller}", ChatModels.Wild(caller, 10 + (caller * 3)))).Text));
        for (int caller = 0; caller < answers.Length; caller++)
        {
            SamplingOptions sampling = new() { Temperature = 1, Seed = (ulong)caller };
            Assert.Equal(ChatModels.Alone(_model, $"User: I am caller {caller}\nAssistant:", sampling, 10 + (caller * 3)).Text, answers[caller]);
        }
    }

    [Fact]
    public async Task A_small_arena_lets_callers_wait_and_ends_no_answer_early()
    {
        // Three pages, four sequences: two answers of two pages never fit at the same time.
        using TinyGptChatClient client = ChatModels.Client(_model, new GptEngineOptions { MaxSequences = 4, KvPages = 3 });
        ChatResponse[] answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(caller => client.GetResponseAsync("hello", ChatModels.Wild(100 + caller, 70))));
        for (int caller = 0; caller < answers.Length; caller++)
        {
            SamplingOptions sampling = new() { Temperature = 1, Seed = (ulong)(100 + caller) };
            Assert.Equal(ChatModels.Alone(_model, "User: hello\nAssistant:", sampling, 70).Text, answers[caller].Text);
        }

        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync(new string('x', 300)));
    }

    [Fact]
    public async Task Callers_start_in_the_order_in_which_they_came()
    {
        using TestLogger logger = new();
        using TinyGptChatClient client = ChatModels.Client(_model, OneSequence, logger);
        logger.HoldStarts();
        List<Task<ChatResponse>> answers = [];
        foreach (int length in new[] { 5, 40, 9, 30, 1, 20 })
        {
            answers.Add(client.GetResponseAsync(new string('#', length), ChatModels.Wild(1, 4)));
        }

        logger.LetGo();
        ChatResponse[] responses = await Task.WhenAll(answers);
        Assert.Equal(responses.Select(response => (int)response.Usage!.InputTokenCount!.Value), logger.Started);
    }

    [Fact]
    public async Task An_answer_given_up_in_the_middle_frees_its_sequence()
    {
        using TinyGptChatClient client = ChatModels.Client(_model, OneSequence);
        using CancellationTokenSource cancellation = new();
        int parts = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", ChatModels.Wild(2, 450), cancellation.Token))
            {
                parts++;
                await cancellation.CancelAsync();
            }
        });
        Assert.InRange(parts, 1, 449);
        Assert.Equal(4, (await client.GetResponseAsync("next", ChatModels.Wild(2, 4))).Usage!.OutputTokenCount);

        // The other way to go: to ask for no further part.
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("hello", ChatModels.Wild(2, 450)))
        {
            break;
        }

        Assert.Equal(4, (await client.GetResponseAsync("next", ChatModels.Wild(2, 4))).Usage!.OutputTokenCount);
    }

    [Fact]
    public async Task A_caller_who_goes_while_waiting_is_never_started()
    {
        using TestLogger logger = new();
        using TinyGptChatClient client = ChatModels.Client(_model, OneSequence, logger);
        logger.HoldStarts();
        Task<ChatResponse> first = client.GetResponseAsync("first", ChatModels.Wild(1, 4));
        using CancellationTokenSource cancellation = new();
        Task<ChatResponse> waiting = client.GetResponseAsync("this one waits", ChatModels.Wild(1, 4), cancellation.Token);
        Task<ChatResponse> last = client.GetResponseAsync("last", ChatModels.Wild(1, 4));
        await cancellation.CancelAsync();

        // The engine's thread stands still meanwhile.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        logger.LetGo();
        await first;
        await last;
        Assert.Equal(2, logger.Started.Length);
        using CancellationTokenSource early = new();
        await early.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("late", null, early.Token));
    }

    [Fact]
    public async Task A_disposed_client_fails_who_waits_and_who_comes()
    {
        using TestLogger logger = new();
        TinyGptChatClient client = ChatModels.Client(_model, OneSequence, logger);
        logger.HoldStarts();
        Task<ChatResponse> underway = client.GetResponseAsync("first", ChatModels.Wild(1, 450));
        Task<ChatResponse> waiting = client.GetResponseAsync("second", ChatModels.Wild(1, 4));
        Task disposal = Task.Run(client.Dispose, TestContext.Current.CancellationToken);
        while (true)
        {
            try
            {
                client.GetStreamingResponseAsync("third");
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
            catch (ObjectDisposedException)
            {
                break;
            }
        }

        logger.LetGo();
        await disposal;
        await Assert.ThrowsAsync<ObjectDisposedException>(() => underway);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("fourth"));
        client.Dispose();
        Assert.NotEmpty(_model.Tokenizer!.Encode("the model is the caller's and still there"));
    }

    [Fact]
    public async Task Logs_tell_numbers_and_never_what_is_said()
    {
        using TestLogger logger = new();
        using (TinyGptChatClient client = ChatModels.Client(_model, OneSequence, logger))
        {
            await client.GetResponseAsync("my secret word", ChatModels.Wild(1, 4));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
                () => client.GetResponseAsync("my secret word", new ChatOptions { TopP = 2 }));
        }

        const string Start = "Information: Chat client for tinygpt started: 1 sequences, 8 KV pages";
        Assert.Contains(logger.Lines, line => line.StartsWith(Start, StringComparison.Ordinal));
        Assert.Contains(logger.Lines, line => line.StartsWith("Debug: Answer finished (Length)", StringComparison.Ordinal));
        Assert.Contains(logger.Lines, line => line.StartsWith("Warning: A call failed", StringComparison.Ordinal));
        Assert.DoesNotContain(logger.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }
}
