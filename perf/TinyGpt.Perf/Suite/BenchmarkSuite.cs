using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Perf;

/// <summary>
/// The measurements that <c>perf/RESULTS.md</c> shows: the figures that the goals speak of, in one run of some minutes. It needs no file.
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

    private static readonly TimeSpan RepeatTime = TimeSpan.FromSeconds(40);

    /// <summary>Measures everything.</summary>
    /// <param name="tier">The kernel tier, or null for the engine's choice.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static BenchmarkReport Run(KernelTier? tier, Action<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(progress);
        BenchmarkSettings settings = new()
        {
            Threads = Environment.ProcessorCount > 1 ? [1, 2] : [1],
            Batches = [1, 8, 32],
            Contexts = [0, LongContext],
            KvPrecisions = [KvPrecision.Float32, KvPrecision.Int8],
            Prompts = [128, LongPrompt],
            Tokens = 64,
            RepeatTime = RepeatTime,
            Tier = tier,
        };
        return BenchmarkReport.Join(
        [
            Measure(LargeShape, settings, progress, cancellation),
            Measure(SmallShape, settings with { Batches = [1], Contexts = [0], KvPrecisions = [KvPrecision.Float32], Prompts = [], Tokens = 128 }, progress, cancellation),
        ]) with
        {
            Stage = StageBenchmark.Run(LargeShape, threads: 1, tier, progress, cancellation),
        };
    }

    /// <summary>Measures a shape: throughput with its weights in memory, and the start from a file of it.</summary>
    /// <inheritdoc cref="InferenceBenchmark.Run"/>
    public static BenchmarkReport Measure(
        string shape, BenchmarkSettings settings, Action<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(progress);
        progress($"making a {shape} with random weights");
        using TemporaryModel file = new(shape, cancellation);
        BenchmarkReport start = StartBenchmark.Run(file.Path, shape, settings, progress, cancellation);

        // Not the mapped file: memory of the same kind as the buffer whose bandwidth it is compared with.
        using GptModel model = new(SyntheticModel.Open(SyntheticModel.ConfigOf(shape), cancellation: cancellation));
        using InferenceBenchmark inference = new(model, shape, settings, progress);
        return BenchmarkReport.Join([inference.Run(cancellation), start]);
    }
}
