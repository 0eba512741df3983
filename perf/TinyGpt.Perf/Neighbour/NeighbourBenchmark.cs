using System.Diagnostics;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>
/// Measures what a busy process on the same machine leaves of the speed of several threads: decoding with one thread by itself and with
/// all of them beside the process, in pairs, one right after the other.
/// </summary>
internal static class NeighbourBenchmark
{
    private const int Pairs = 30;
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(20);

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
        List<double> ratios = [];
        List<double> seconds = [];
        for (int pair = 0; pair < Pairs; pair++)
        {
            double secondsAlone = Decode(alone, aloneSession, cancellation);
            neighbour.Spin();
            Thread.Sleep(Settling);
            double secondsBeside = Decode(together, togetherSession, cancellation);
            neighbour.Rest();
            Thread.Sleep(Settling);
            ratios.Add(secondsAlone / secondsBeside);
            seconds.Add(secondsBeside);
        }

        ratios.Sort();
        Spread spread = Spread.Of(seconds.ToArray());
        return new BenchmarkRow
        {
            Phase = "neighbour",
            Shape = shape,
            Threads = threads,
            Batch = 1,
            Context = 0,
            TokensPerSecond = new(tokens / spread.Median, tokens / spread.Largest, tokens / spread.Smallest),
            RatioToOneThread = Spread.Of(ratios.ToArray()).Median,
            RatioOfSlowestTenth = ratios[(Pairs / 10) - 1],
        };
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
