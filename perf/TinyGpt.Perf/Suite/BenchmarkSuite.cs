using TinyGpt.Import;
using TinyGpt.Kernels;
using TinyGpt.Measuring;
using TinyGpt.Tavern;

namespace TinyGpt.Perf;

/// <summary>
/// The measurements that <c>perf/results</c> shows: the figures that the goals speak of, in one run of some minutes. It needs no file.
/// </summary>
public static class BenchmarkSuite
{
    /// <summary>The model that most goals speak of: larger than caches.</summary>
    public const string LargeShape = "gpt2-124m";

    /// <summary>The model that fits into a large cache.</summary>
    public const string SmallShape = "synth-15m";

    /// <summary>Tokens of the long context.</summary>
    public const int LongContext = 896;

    /// <summary>Tokens of the long prompt.</summary>
    public const int LongPrompt = 512;

    /// <summary>Shapes that no goal speaks of.</summary>
    public static IReadOnlyList<string> FurtherShapes { get; } = ["smollm2-135m", "qwen2.5-0.5b"];

    private static readonly TimeSpan RepeatTime = TimeSpan.FromSeconds(40);

    /// <summary>Measures everything.</summary>
    /// <param name="tier">The kernel tier, or null for the engine's choice.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static SuiteReport Run(KernelTier? tier, Action<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);

        // Only what goals compare, and short enough to stay below ten minutes on a machine of 20 G multiply-adds a second.
        BenchmarkSettings settings = new()
        {
            Threads = Environment.ProcessorCount > 1 ? [1, 2] : [1],
            Decodes =
            [
                new(1, 0), new(1, 0, KvPrecision.Int8), new(1, LongContext), new(1, LongContext, KvPrecision.Int8), new(8, 0), new(32, 0),
            ],
            Prompts = [128, LongPrompt],
            Tokens = 32,
            RepeatTime = RepeatTime,
            Tier = tier,
        };
        BenchmarkSettings decodingOnly = settings with { Decodes = [new(1, 0)], Prompts = [], Tokens = 128 };
        BenchmarkReport rows = BenchmarkReport.Join(
        [
            Measure(LargeShape, settings, progress, cancellation, besideBusyProcess: true),
            Measure(SmallShape, decodingOnly, progress, cancellation, besideBusyProcess: true),
            MeasureBuiltIn(decodingOnly, progress, cancellation),
            .. FurtherShapes.Select(shape => MeasureThroughput(
                shape, settings with { Decodes = [new(1, 0), new(8, 0)], Prompts = [128], Tokens = 16 }, progress, cancellation)),
        ]);
        return new SuiteReport(rows, StageBenchmark.Run(LargeShape, threads: 1, tier, progress, cancellation));
    }

    /// <summary>Measures a shape: throughput with its weights in memory, and the start from a file of it.</summary>
    /// <param name="shape">One of <see cref="SyntheticModel.Shapes"/>.</param>
    /// <param name="settings">What to measure.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <param name="besideBusyProcess">Whether to measure the largest number of threads, if there are several, beside a busy process too.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static BenchmarkReport Measure(
        string shape,
        BenchmarkSettings settings,
        Action<string> progress,
        CancellationToken cancellation,
        bool besideBusyProcess = false)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(progress);
        progress($"writing a {shape} with random weights");
        using TemporaryModel file = new(shape, cancellation);
        BenchmarkReport start = StartBenchmark.Run(file.Path, shape, settings, progress, cancellation);
        return BenchmarkReport.Join([MeasureThroughput(shape, settings, progress, cancellation, besideBusyProcess), start]);
    }

    private static BenchmarkReport MeasureThroughput(
        string shape,
        BenchmarkSettings settings,
        Action<string> progress,
        CancellationToken cancellation,
        bool besideBusyProcess = false)
    {
        // Not the mapped file: memory of the same kind as the buffer whose bandwidth it is compared with.
        progress($"making a {shape} with random weights in memory");
        using GptModel model = new(SyntheticModel.Open(SyntheticModel.ConfigOf(shape), cancellation: cancellation));
        using InferenceBenchmark inference = new(model, shape, settings, progress);
        BenchmarkReport report = inference.Run(cancellation);
        int threads = settings.Threads.Max();
        if (!besideBusyProcess || threads < 2)
        {
            return report;
        }

        // Long enough for the system to change its mind some times, about a tenth of a second.
        int tokens = Math.Max(4, (int)(report.Rows.First(row => row.Phase == "decode").TokensPerSecond!.Value.Median / 10));
        BenchmarkRow neighbour = NeighbourBenchmark.Run(
            model, shape, threads, tokens, KernelTiers.Select(settings.Tier), progress, cancellation);
        return report with { Rows = [.. report.Rows, neighbour] };
    }

    private static BenchmarkReport MeasureBuiltIn(BenchmarkSettings settings, Action<string> progress, CancellationToken cancellation)
    {
        BenchmarkReport start = StartBenchmark.Run(file: null, TavernModel.Name, settings, progress, cancellation);
        using GptModel model = TavernModel.Load();
        using InferenceBenchmark inference = new(model, TavernModel.Name, settings, progress);
        return BenchmarkReport.Join([inference.Run(cancellation), start]);
    }
}
