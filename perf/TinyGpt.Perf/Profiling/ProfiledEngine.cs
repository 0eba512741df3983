using System.Diagnostics;
using TinyGpt.Decoding;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>A stage's part of a token.</summary>
/// <param name="Microseconds">From its beginning to its end.</param>
/// <param name="Worked">Microseconds that all threads together computed in it; what is missing to all threads' time was waiting.</param>
internal readonly record struct StageShare(double Microseconds, double Worked);

/// <summary>An engine that does the same work again and again, and says what each stage took of it. Not thread-safe.</summary>
internal sealed class ProfiledEngine : IDisposable
{
    // The runtime compiles what is called often once more, in the background, after a tenth of a second.
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);

    private readonly GptEngine _engine;
    private readonly GptSession _session;
    private readonly CancellationToken _cancellation;
    private readonly byte[] _discarded = new byte[4096];
    private readonly int[] _prompt;
    private readonly int _start;
    private readonly int _tokens;

    /// <summary>Makes an engine and warms it up.</summary>
    /// <param name="options">The engine's options but for the room.</param>
    /// <param name="model">The model; must stay alive as long as this.</param>
    /// <param name="start">Tokens that are there before the work.</param>
    /// <param name="read">Tokens to read, or 0.</param>
    /// <param name="decode">Tokens to decode, or 0.</param>
    /// <param name="cancellation">Checked between slices.</param>
    private ProfiledEngine(GptModel model, GptEngineOptions options, int start, int read, int decode, CancellationToken cancellation)
    {
        // The same on every run.
        Random random = new(0);
        _prompt = [.. Enumerable.Range(0, start + read).Select(_ => random.Next(model.Config.VocabularySize))];
        _start = start;
        _tokens = read + decode;
        _cancellation = cancellation;
        _engine = new GptEngine(model, options with { KvPages = ((start + read + decode) / GptEngine.PositionsPerPage) + 1 });
        _session = _engine.CreateSession(
            SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = Math.Max(1, decode), StopAtEndOfText = false });
        if (start > 0)
        {
            _session.Append(_prompt.AsSpan(0, start), answer: false);
            Drain();
        }

        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < WarmUp)
        {
            TakeSample();
        }
    }

    /// <summary>How often a worker was sent to rest because others share the processors.</summary>
    public int Rests => _engine.WorkerRests;

    /// <summary>One that decodes tokens after others.</summary>
    public static ProfiledEngine ToDecode(
        GptModel model, KernelTier tier, int threads, KvPrecision precision, int start, int tokens, CancellationToken cancellation) =>
        new(model, new GptEngineOptions { Threads = threads, Tier = tier, KvPrecision = precision }, start, read: 0, tokens, cancellation);

    /// <summary>One that reads a prompt.</summary>
    public static ProfiledEngine ToRead(
        GptModel model, KernelTier tier, int threads, KvPrecision precision, int tokens, CancellationToken cancellation) =>
        new(model, new GptEngineOptions { Threads = threads, Tier = tier, KvPrecision = precision }, start: 0, tokens, decode: 0, cancellation);

    /// <summary>Does the work once.</summary>
    /// <returns>What each stage and, last, everything else took of a token.</returns>
    public StageShare[] TakeSample()
    {
        _session.Rewind(_start);
        if (_prompt.Length > _start)
        {
            _session.Append(_prompt.AsSpan(_start), answer: false);
        }
        else
        {
            _session.Continue();
        }

        StageTime[] before = _engine.StageTimes.ToArray();
        long begun = Stopwatch.GetTimestamp();
        Drain();
        long whole = Stopwatch.GetTimestamp() - begun;
        StageTime[] stages =
        [
            .. _engine.StageTimes.ToArray().Zip(before, (after, earlier) =>
                new StageTime(after.Elapsed - earlier.Elapsed, after.Waited - earlier.Waited, after.Worked - earlier.Worked)),
        ];
        StageTime rest = new(whole - stages.Sum(stage => stage.Elapsed), 0, 0);
        return [.. ((StageTime[])[.. stages, rest]).Select(time => new StageShare(
            Microseconds(time.Elapsed), Microseconds(time.Elapsed - time.Waited + time.Worked)))];
    }

    /// <summary>Frees the engine.</summary>
    public void Dispose() => _engine.Dispose();

    private double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency / _tokens;

    private void Drain()
    {
        while (_engine.Step(StepBudget.Unlimited, _cancellation) != StepStatus.Idle)
        {
            // A model with a tokenizer waits for its text to be read.
            while (_session.TryRead(_discarded, out _))
            {
            }
        }
    }
}
