using System.Diagnostics;
using TinyGpt.Kernels;
using TinyGpt.Measuring;
using TinyGpt.Tavern;

namespace TinyGpt.Perf;

/// <summary>
/// Measures how long a mapped <c>.tgpt</c> takes to open, how long its first token takes, and how much memory that needs at most. Every
/// repeat is a separate process: a second one in the same process would find the code compiled, and measuring bandwidth
/// would raise the peak of memory. The file is in the system's cache. Thread-safe.
/// </summary>
public static class StartBenchmark
{
    private static readonly TimeSpan LongestProbe = TimeSpan.FromMinutes(2);

    /// <summary>Measures one file, or the built-in model.</summary>
    /// <param name="file">The <c>.tgpt</c> file, or null for the built-in model.</param>
    /// <param name="shape">What the rows call it.</param>
    /// <param name="settings">Threads, repeats and tier are used.</param>
    /// <param name="progress">Told what begins.</param>
    /// <param name="cancellation">Checked between processes.</param>
    /// <exception cref="IOException">A process could not be started, or ended without a result.</exception>
    /// <exception cref="KernelTierException">This process cannot execute the tier.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    public static BenchmarkReport Run(
        string? file, string shape, BenchmarkSettings settings, Action<string> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(progress);
        KernelTier tier = KernelTiers.Select(settings.Tier);
        double freeShare = Machine.MeasureFreeShare();
        List<BenchmarkRow> rows = [];

        if (file is not null) // the built-in model is always verified
        {
            progress($"starting {shape}: checksums verified");
            StartProbe.Finding[] verified = Repeat(new(file, settings.Threads[0], tier, Checksums: true), settings.Repeats, cancellation);
            rows.Add(Load(verified, checksums: true));
        }

        foreach (int threads in settings.Threads)
        {
            progress($"starting {shape}: threads {threads}");
            StartProbe.Finding[] findings = Repeat(new(file, threads, tier, Checksums: false), settings.Repeats, cancellation);
            if (threads == settings.Threads[0])
            {
                rows.Insert(0, Load(findings, checksums: file is null));
            }

            rows.Add(new BenchmarkRow
            {
                Phase = "first-token",
                Shape = shape,
                Threads = threads,
                Batch = 1,
                Context = findings[0].PromptTokens,
                Milliseconds = Of(findings, finding => finding.FirstTokenMilliseconds),
                MillisecondsSinceStart = Of(findings, finding => finding.SinceStartMilliseconds),
            });
            Spread peak = Of(findings, finding => finding.PeakBytes);
            rows.Add(new BenchmarkRow
            {
                Phase = "memory",
                Shape = shape,
                Threads = threads,
                Batch = 1,
                PeakBytes = peak,
                PlannedBytes = findings[0].PlannedBytes,
                RatioToPlan = peak.Median / findings[0].PlannedBytes,
            });
        }

        freeShare = Math.Min(freeShare, Machine.MeasureFreeShare());
        return new BenchmarkReport(Machine.Description, KernelTiers.Name(tier), rows, freeShare);

        // Files are opened with a thread for each processor, whatever computes later.
        BenchmarkRow Load(StartProbe.Finding[] findings, bool checksums) => new()
        {
            Phase = "load",
            Shape = shape,
            Threads = Environment.ProcessorCount,
            Checksums = checksums,
            Milliseconds = Of(findings, finding => finding.LoadMilliseconds),
        };
    }

    private static Spread Of(StartProbe.Finding[] findings, Func<StartProbe.Finding, double> figure) =>
        Spread.Of(Array.ConvertAll(findings, finding => figure(finding)));

    private static StartProbe.Finding[] Repeat(StartProbe.Request request, int repeats, CancellationToken cancellation)
    {
        Probe(request, cancellation); // brings file and program into the system's cache
        StartProbe.Finding[] findings = new StartProbe.Finding[repeats];
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            findings[repeat] = Probe(request, cancellation);
        }

        return findings;
    }

    private static StartProbe.Finding Probe(StartProbe.Request request, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using Process process = OwnProgram.Start(request.ToArguments());
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation);
        if (!process.WaitForExit(LongestProbe))
        {
            process.Kill();
            throw new IOException($"A probe of {request.File ?? TavernModel.Name} took longer than {LongestProbe.TotalMinutes:0} minutes.");
        }

        return process.ExitCode == 0
            ? StartProbe.Finding.Parse(output.Result.Trim())
            : throw new IOException($"A probe of {request.File ?? TavernModel.Name} failed with code {process.ExitCode}.");
    }
}
