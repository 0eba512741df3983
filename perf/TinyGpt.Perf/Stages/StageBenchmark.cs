using System.Diagnostics;
using System.Globalization;
using TinyGpt.Dialogue;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Text;

namespace TinyGpt.Perf;

/// <summary>
/// A game's loop of 60 frames a second on a stage of 32 characters that all talk: how long ticks with a budget take, what that costs of
/// the throughput of a stage that has all the time it wants, and what is allocated.
/// </summary>
internal sealed class StageBenchmark : IDisposable
{
    private const int Characters = 32;
    private const int Frames = 1000;
    private const int WarmUpFrames = 300;
    private const int Context = 256; // the weights are the shape's own; talks are kept short so that the arena is
    private const double FrameMilliseconds = 1000.0 / 60;
    private const double LongestFactor = 1.25;
    private const double FreeSeconds = 4;

    private static readonly string[] Lines = ["Good day. What news is there?", "And what does it cost?", "Who told you that?"];

    private readonly GptModel _model;
    private readonly DialogueStage _stage;
    private readonly Talk[] _talks;
    private readonly byte[] _text = new byte[256];
    private readonly double _budget;
    private int _said;

    /// <param name="shape">One of <see cref="SyntheticModel.Shapes"/>.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="tier">The kernel tier, or null for the best.</param>
    /// <param name="budget">Milliseconds a tick.</param>
    public StageBenchmark(string shape, int threads, KernelTier? tier, double budget)
    {
        _budget = budget;
        ModelConfig config = SyntheticModel.ConfigOf(shape) with { ContextLength = Context };
        _model = new GptModel(SyntheticModel.Open(config, SyntheticVocabulary.Of(config)));
        GptEngineOptions engine = new()
        {
            MaxSequences = (2 * Characters) + 1,
            KvPages = Characters * 6,
            Threads = threads,
            Tier = tier,
        };
        _stage = new DialogueStage(_model, new StageOptions { Engine = engine, Seed = 1, World = "A village between the hills and the sea." });
        _talks = [.. Enumerable.Range(0, Characters).Select(i => _stage.Open(_stage.Add(new Persona
        {
            Name = $"Villager {i}",
            Facts = [new("Trade", "farmer"), new("Home", $"house {i}")],
            MaxAnswerTokens = 40,
            Sampling = new SamplingOptions { Temperature = 0.8f, TopK = 40 }, // random weights leave top-p nothing to drop
        })))];
    }

    /// <summary>Measures, and returns a row for people.</summary>
    public string Run(Action<string> progress, CancellationToken cancellation)
    {
        OthersWatch others = new();
        progress($"warming up: {WarmUpFrames} frames");
        long start = Stopwatch.GetTimestamp();
        for (int frame = 0; frame < WarmUpFrames || Stopwatch.GetElapsedTime(start).TotalSeconds < FreeSeconds; frame++)
        {
            Frame(StepBudget.OnePass, cancellation);
        }

        progress("all the time it wants");
        double before = MeasureFree(cancellation);
        progress($"{Frames} frames with {_budget} ms each");
        double[] ticks = new double[Frames];
        (double budgeted, long allocated) = MeasureFrames(ticks, cancellation);
        progress("all the time it wants, again");
        double after = MeasureFree(cancellation);
        Array.Sort(ticks);
        double within = ticks.Count(tick => tick <= _budget * LongestFactor) / (double)Frames;
        double free = (before + after) / 2;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"stage: {Characters} characters, {_stage.Model.Config.ParameterCount / 1e6:F0}M parameters, budget {_budget} ms: "
            + $"{within:P1} of {Frames} ticks <= {_budget * LongestFactor} ms (median {ticks[Frames / 2]:F2}, 99 % {ticks[Frames * 99 / 100]:F2}, "
            + $"99.9 % {ticks[Frames * 999 / 1000]:F2}, longest {ticks[^1]:F2} ms); {budgeted:F0} tokens a second of its time, "
            + $"{budgeted / free:P0} of {free:F0} without a budget ({before:F0}, {after:F0}); {allocated} bytes allocated; "
            + $"others used {others.Share ?? double.NaN:P0} of the machine");
    }

    public void Dispose()
    {
        _stage.Dispose();
        _model.Dispose();
    }

    /// <summary>Tokens a second of a stage that ticks all the time.</summary>
    private double MeasureFree(CancellationToken cancellation)
    {
        long computed = _stage.ComputedTokens;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < FreeSeconds)
        {
            Frame(StepBudget.OnePass, cancellation);
        }

        return (_stage.ComputedTokens - computed) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Ticks at the beginning of each frame and sleeps for the rest, as a game does that renders meanwhile.</summary>
    /// <returns>Tokens a second of the time spent in ticks, and bytes allocated by the whole process.</returns>
    private (double TokensPerSecond, long Allocated) MeasureFrames(double[] ticks, CancellationToken cancellation)
    {
        StepBudget budget = StepBudget.Milliseconds(_budget);
        long computed = _stage.ComputedTokens;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        for (int frame = 0; frame < Frames; frame++)
        {
            ticks[frame] = Frame(budget, cancellation);
            double rest = ((frame + 1) * FrameMilliseconds) - Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (rest > 0)
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(rest));
            }
        }

        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return ((_stage.ComputedTokens - computed) / (ticks.Sum() / 1000), allocated);
    }

    /// <summary>One frame: who is silent is spoken to, what was said is read, and the stage ticks.</summary>
    /// <returns>Milliseconds of the tick.</returns>
    private double Frame(StepBudget budget, CancellationToken cancellation)
    {
        foreach (Talk talk in _talks)
        {
            while (talk.TryRead(_text, out _))
            {
            }

            if (talk.State == TalkState.Idle)
            {
                talk.Say(Lines[_said++ % Lines.Length]);
            }
        }

        long start = Stopwatch.GetTimestamp();
        _stage.Tick(budget, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
