using System.Diagnostics;
using TinyGpt.Decoding;
using TinyGpt.Kernels;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>
/// Measures what a busy process on the same machine leaves of the speed of several threads: decoding with one thread by itself and with
/// all of them beside the process, in pairs, one right after the other.
/// </summary>
internal static class NeighbourBenchmark
{
    private const int Pairs = 30;
    private const int Slowest = Pairs / 10;
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

    /// <summary>A decoding beside the process.</summary>
    /// <param name="Ratio">Its speed, part of that of one thread alone.</param>
    /// <param name="Seconds">What it took.</param>
    /// <param name="WaitedForProcessor">The part of it in which the caller was ready and had no processor; null where the system does not tell.</param>
    /// <param name="WaitedForWorkers">The part of it in which the caller waited for workers, whether it had a processor or not.</param>
    private readonly record struct Beside(double Ratio, double Seconds, double? WaitedForProcessor, double WaitedForWorkers);

    /// <summary>Measures one model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="shape">What the row calls it.</param>
    /// <param name="threads">Threads that decode beside the process; 2 or more.</param>
    /// <param name="tokens">Tokens to decode each time.</param>
    /// <param name="tier">The kernel tier.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="IOException">The process could not be started.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static BenchmarkRow Run(
        GptModel model, string shape, int threads, int tokens, KernelTier tier, Action<string> progress, CancellationToken cancellation)
    {
        progress($"threads {threads}: decode of {tokens} tokens beside a busy process");
        using GptEngine alone = CreateEngine(model, 1, tier);
        using GptEngine together = CreateEngine(model, threads, tier);
        using GptSession aloneSession = CreateSession(alone, tokens);
        using GptSession togetherSession = CreateSession(together, tokens);
        Decode(alone, aloneSession, cancellation);
        Decode(together, togetherSession, cancellation);

        using BusyProcess neighbour = new();
        List<Beside> pairs = [];
        for (int pair = 0; pair < Pairs; pair++)
        {
            double secondsAlone = Decode(alone, aloneSession, cancellation);
            neighbour.Spin();
            Thread.Sleep(Settling);
            long workersBefore = Waited(together);
            double? processorBefore = RunQueueWait.Seconds;
            double seconds = Decode(together, togetherSession, cancellation);
            double? processor = RunQueueWait.Seconds - processorBefore;
            double workers = (double)(Waited(together) - workersBefore) / Stopwatch.Frequency;
            neighbour.Rest();
            Thread.Sleep(Settling);
            pairs.Add(new Beside(secondsAlone / seconds, seconds, processor / seconds, workers / seconds));
        }

        Spread spread = Spread.Of([.. pairs.Select(pair => pair.Seconds)]);
        Beside[] slowest = [.. pairs.OrderBy(pair => pair.Ratio).Take(Slowest)];
        return new BenchmarkRow
        {
            Phase = "neighbour",
            Shape = shape,
            Threads = threads,
            Batch = 1,
            Context = 0,
            TokensPerSecond = new(tokens / spread.Median, tokens / spread.Largest, tokens / spread.Smallest),
            RatioToOneThread = Spread.Of([.. pairs.Select(pair => pair.Ratio)]).Median,
            RatioOfSlowestTenth = slowest[^1].Ratio,
            SlowestWaitedForProcessor = slowest.Average(pair => pair.WaitedForProcessor),
            SlowestWaitedForWorkers = slowest.Average(pair => pair.WaitedForWorkers),
        };
    }

    private static long Waited(GptEngine engine)
    {
        long ticks = 0;
        foreach (StageTime stage in engine.StageTimes)
        {
            ticks += stage.Waited;
        }

        return ticks;
    }

    private static double Decode(GptEngine engine, GptSession session, CancellationToken cancellation)
    {
        session.Rewind(1);
        session.Continue();
        long begun = Stopwatch.GetTimestamp();
        while (engine.Step(StepBudget.Unlimited, cancellation) != StepStatus.Idle)
        {
        }

        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static GptEngine CreateEngine(GptModel model, int threads, KernelTier tier) =>
        new(model, new GptEngineOptions { Threads = threads, Tier = tier });

    private static GptSession CreateSession(GptEngine engine, int tokens)
    {
        GptSession session = engine.CreateSession(
            SamplingOptions.Greedy, new SessionOptions { MaxNewTokens = tokens, StopAtEndOfText = false });
        session.Append([1], answer: false);
        return session;
    }
}
