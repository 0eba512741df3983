using System.Diagnostics;
using TinyGpt.Dialogue;
using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// A game's loop of 60 frames a second on a stage of 32 characters that all talk: how long ticks with a budget take, what that costs of
/// the throughput of a stage without a budget, the allocated bytes, and whether all characters say the same in all ways to run it.
/// </summary>
internal static class StageBenchmark
{
    private const int Context = 256; // the weights are the shape's own; talks are kept short so that the arena is
    private const int MostFrames = 1 << 16;
    private const int GameBytes = 8 << 20; // what a game works on between its ticks
    private const int CacheLine = 64;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(1);

    /// <summary>How one play went.</summary>
    /// <param name="Seconds">Time spent in ticks, or all of it where the stage works by itself.</param>
    /// <param name="Tokens">Tokens that were computed.</param>
    /// <param name="Allocated">Bytes that the whole process allocated.</param>
    /// <param name="Words">Everything that was said.</param>
    private sealed record Play(double Seconds, long Tokens, long Allocated, string Words)
    {
        public double TokensPerSecond => Tokens / Seconds;

        public bool SaysWhat(Play other) => Words == other.Words && Tokens == other.Tokens;
    }

    /// <summary>Measures the loop, and what a grammar costs. Takes two or three minutes on one thread of a slow machine.</summary>
    /// <param name="shape">One of <see cref="SyntheticModel.Shapes"/>.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="tier">The kernel tier, or null for the best.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    public static StageReport Run(string shape, int threads, KernelTier? tier, Action<string> progress, CancellationToken cancellation)
    {
        ModelConfig config = SyntheticModel.ConfigOf(shape) with { ContextLength = Context };
        progress($"making a {shape} with random weights");
        using GptModel model = new(SyntheticModel.Open(config, SyntheticVocabulary.Of(config), cancellation: cancellation));
        OthersWatch others = new();

        progress("what a grammar costs");
        IReadOnlyList<GrammarCost> grammars = GrammarBenchmark.Run(model, threads, tier, cancellation);

        // Without a budget before and after: the speed of a machine drifts.
        progress($"{StagePlay.Characters} characters with all the time they want");
        Play before = Measure(model, threads, tier, play => RunFreely(play, cancellation), cancellation);
        progress($"60 frames a second with {StageReport.Budget} ms each");
        List<double> ticks = new(MostFrames);
        MachineBursts bursts = new(MostFrames);
        FrameClock clock = new(); // like everything else that frames need, made before their allocations are counted
        Action<FrameClock> sleep = SleepBetween(bursts);
        Play framed = Measure(model, threads, tier, play => RunFrames(play, ticks, clock, sleep, cancellation), cancellation);
        progress("all the time they want, again");
        Play after = Measure(model, threads, tier, play => RunFreely(play, cancellation), cancellation);
        progress($"60 frames a second with {StageReport.Budget} ms each, of a game that computes in between");
        List<double> ticksOfWorkingGame = new(MostFrames);
        Action<FrameClock> work = WorkBetween();
        Play besideGame = Measure(model, threads, tier, play => RunFrames(play, ticksOfWorkingGame, clock, work, cancellation), cancellation);
        progress("all the time they want, a third time");
        Play last = Measure(model, threads, tier, play => RunFreely(play, cancellation), cancellation);
        int otherThreads = threads == 1 ? 2 : 1;
        progress($"in the background, {otherThreads} threads");
        Play background = Measure(model, otherThreads, tier, play => RunInBackground(play, cancellation), cancellation);

        return new StageReport
        {
            Shape = shape,
            Tier = KernelTiers.Name(KernelTiers.Select(tier)),
            Threads = threads,
            Tokens = framed.Tokens,
            Sleeping = Framed(framed, ticks, before, after),
            Working = Framed(besideGame, ticksOfWorkingGame, after, last),
            Bursts = bursts,
            AllocatedBytes = framed.Allocated + besideGame.Allocated,
            DifferentPlays = new[] { framed, after, besideGame, last, background }.Count(play => !play.SaysWhat(before)),
            BackgroundThreads = otherThreads,
            Grammars = grammars,
            OthersShare = others.Share,
        };
    }

    private static FramedPlay Framed(Play play, List<double> ticks, Play before, Play after) =>
        new([.. ticks.Order()], play.TokensPerSecond, [before.TokensPerSecond, after.TokensPerSecond]);

    /// <summary>Makes a stage on which every character has spoken once, and measures a play of one more line for each.</summary>
    /// <param name="run">Runs the play to its end; returns the seconds that count.</param>
    private static Play Measure(GptModel model, int threads, KernelTier? tier, Func<StagePlay, double> run, CancellationToken cancellation)
    {
        using StagePlay play = new(model, threads, tier);
        play.Begin();
        RunFreely(play, cancellation);
        play.Begin();
        long computed = play.ComputedTokens;
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        double seconds = run(play);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new Play(seconds, play.ComputedTokens - computed, allocated, play.Words());
    }

    private static double RunFreely(StagePlay play, CancellationToken cancellation)
    {
        double seconds = 0;
        while (play.Speak())
        {
            seconds += Tick(play, StepBudget.OnePass, cancellation);
        }

        return seconds;
    }

    /// <summary>Ticks at the beginning of each frame.</summary>
    /// <param name="play">The play, run to its end.</param>
    /// <param name="ticks">Takes the milliseconds of each tick.</param>
    /// <param name="clock">Starts with the play.</param>
    /// <param name="spendRest">Spends the rest of a frame, to the beginning of the next in which there is a tick.</param>
    /// <param name="cancellation">Checked between slices.</param>
    private static double RunFrames(
        StagePlay play, List<double> ticks, FrameClock clock, Action<FrameClock> spendRest, CancellationToken cancellation)
    {
        StepBudget budget = StepBudget.Milliseconds(StageReport.Budget);
        double seconds = 0;
        clock.Start();
        while (play.Speak() && ticks.Count < MostFrames)
        {
            double tick = Tick(play, budget, cancellation);
            ticks.Add(tick * 1000);
            seconds += tick;
            clock.EndFrame();
            spendRest(clock);
        }

        return seconds;
    }

    /// <summary>Sleeps, as a game does that waits for the screen. Every other frame has a burst of the machine's own instead of a tick.</summary>
    private static Action<FrameClock> SleepBetween(MachineBursts bursts) => clock =>
    {
        clock.Sleep();
        if (bursts.Take())
        {
            // No tick may come after less sleep than the others.
            clock.EndFrame();
            clock.Sleep();
        }

        clock.EndFrame();
        clock.Sleep();
    };

    /// <summary>Works through separate memory, as a busy game does, so that caches are full of other data at the next tick.</summary>
    private static Action<FrameClock> WorkBetween()
    {
        byte[] memory = new byte[GameBytes];
        int at = 0;
        return clock =>
        {
            while (!clock.IsTime)
            {
                for (int end = Math.Min(at + (GameBytes / 64), GameBytes); at < end; at += CacheLine)
                {
                    memory[at]++;
                }

                at %= GameBytes;
            }
        };
    }

    private static double RunInBackground(StagePlay play, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        using BackgroundRun run = play.RunInBackground();
        while (play.Speak() && run.Failure is null)
        {
            cancellation.ThrowIfCancellationRequested();
            Thread.Sleep(Glance);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <returns>Seconds that the tick took.</returns>
    private static double Tick(StagePlay play, StepBudget budget, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp();
        play.Tick(budget, cancellation);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
