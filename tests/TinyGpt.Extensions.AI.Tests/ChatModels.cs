using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace TinyGpt.Extensions.AI.Tests;

/// <summary>Clients of a small random model, and what the engine says alone where a client answers.</summary>
internal static class ChatModels
{
    /// <summary>Options whose answers are nonsense of all sorts of characters, not one token over and over.</summary>
    public static ChatOptions Wild(long seed, int tokens = 40) => new() { Temperature = 1, Seed = seed, MaxOutputTokens = tokens };

    public static TinyGptChatClient Client(
        GptModel model, GptEngineOptions? engine = null, ILogger<TinyGptChatClient>? logger = null, SamplingOptions? sampling = null) =>
        new(new TinyGptChatClientOptions
        {
            Model = model,
            Engine = engine ?? new GptEngineOptions { MaxSequences = 4 },
            Sampling = sampling ?? SamplingOptions.Greedy,
        }, logger);

    /// <summary>The answer of an unshared engine with one session, from the prompt as a reader would write it.</summary>
    public static (string Text, int InputTokens, int OutputTokens) Alone(
        GptModel model, string prompt, SamplingOptions sampling, int tokens, params IReadOnlyList<string> stops)
    {
        using GptEngine engine = new(model);
        using GptSession session = engine.CreateSession(
            sampling, new SessionOptions { MaxNewTokens = tokens, StopStrings = [.. stops, "\nUser:", "\nSystem:", "\nAssistant:"] });
        session.Append(prompt);
        int input = session.Tokens.Length;
        List<byte> text = [];
        byte[] buffer = new byte[256];
        StepStatus status;
        do
        {
            status = engine.Step(StepBudget.OnePass);
            if (session.Finish != FinishReason.None)
            {
                session.EndText();
            }

            while (session.TryRead(buffer, out int written))
            {
                text.AddRange(buffer.AsSpan(0, written));
            }
        }
        while (status != StepStatus.Idle);
        return (Encoding.UTF8.GetString([.. text]).TrimStart(), input, session.GeneratedTokens);
    }
}

/// <summary>Keeps what is logged, and can hold up the thread that says that an answer has started.</summary>
internal sealed class TestLogger : ILogger<TinyGptChatClient>, IDisposable
{
    private const int AnswerStarted = 2;

    private readonly ManualResetEventSlim _gate = new(initialState: true);
    private readonly Lock _lock = new();
    private readonly List<int> _started = [];
    private readonly List<string> _lines = [];

    /// <summary>Prompt tokens of the answers that were started, in that order.</summary>
    public int[] Started
    {
        get
        {
            lock (_lock)
            {
                return [.. _started];
            }
        }
    }

    public string[] Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>From now on the engine's thread stops where an answer starts.</summary>
    public void HoldStarts() => _gate.Reset();

    public void LetGo() => _gate.Set();

    public void Dispose() => _gate.Dispose();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lock)
        {
            _lines.Add($"{logLevel}: {formatter(state, exception)}");
            if (eventId.Id == AnswerStarted)
            {
                _started.Add((int)((IReadOnlyList<KeyValuePair<string, object?>>)state!).First(pair => pair.Key == "InputTokens").Value!);
            }
        }

        if (eventId.Id == AnswerStarted)
        {
            _gate.Wait(TimeSpan.FromSeconds(60));
        }
    }
}
