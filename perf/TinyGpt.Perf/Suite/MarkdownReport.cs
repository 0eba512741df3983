using System.Globalization;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>A report of <see cref="BenchmarkSuite"/> as a file of <c>perf/results</c>: goals, tables and charts of one machine.</summary>
internal static class MarkdownReport
{
    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] DecodeColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("batch", row => Text(row.Batch)),
        ("context", row => Text(row.Context)),
        ("KV", row => row.KvPrecision is { } precision ? KvPrecisions.Name(precision) : ""),
        ("tokens/s", row => Text(row.TokensPerSecond?.Median, "0.0")),
        ("min – max", row => Range(row.TokensPerSecond, "0.0")),
        ("MB/token", row => Text(row.BytesPerToken / 1e6, "0.0")),
        ("measured read GB/s", row => Text(row.BandwidthGBs, "0.0")),
        ("of it used", row => Text(row.RatioToBandwidth, "0.0 %")),
        ("GMAC/s", row => Text(row.GigaMacs, "0.0")),
        ("additions a cycle", row => Text(row.CoreWidth, "0.0")),
        ("allocated bytes", row => Text(row.AllocatedBytes)),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] PrefillColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("prompt", row => Text(row.Context)),
        ("tokens/s", row => Text(row.TokensPerSecond?.Median, "0.0")),
        ("min – max", row => Range(row.TokensPerSecond, "0.0")),
        ("GMAC/s", row => Text(row.GigaMacs, "0.0")),
        ("of the measured peak", row => Text(row.RatioToPeak, "0.0 %")),
        ("additions a cycle", row => Text(row.CoreWidth, "0.0")),
        ("allocated bytes", row => Text(row.AllocatedBytes)),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] TokenMatricesColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("tokens/s", row => Text(row.TokensPerSecond?.Median, "0.0")),
        ("min – max", row => Range(row.TokensPerSecond, "0.0")),
        ("measured read GB/s", row => Text(row.BandwidthGBs, "0.0")),
        ("of it used", row => Text(row.RatioToBandwidth, "0.0 %")),
        ("GMAC/s", row => Text(row.GigaMacs, "0.0")),
        ("additions a cycle", row => Text(row.CoreWidth, "0.0")),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] NeighbourColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("tokens/s", row => Text(row.TokensPerSecond?.Median, "0.0")),
        ("min – max", row => Range(row.TokensPerSecond, "0.0")),
        ("of one thread alone", row => Text(row.RatioToOneThread, "0.0 %")),
        ("slowest tenth of the pairs", row => Text(row.RatioOfSlowestTenth, "0.0 %")),
        ("there the caller waited for a processor", row => Text(row.SlowestWaitedForProcessor, "0 %")),
        ("and for workers", row => Text(row.SlowestWaitedForWorkers, "0 %")),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] LoadColumns =
    [
        ("shape", row => row.Shape),
        ("checksums", row => row.Checksums == true ? "verified" : "trusted"),
        ("ms", row => Text(row.Milliseconds?.Median, "0.0")),
        ("min – max", row => Range(row.Milliseconds, "0.0")),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] FirstTokenColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("prompt", row => Text(row.Context)),
        ("ms from the open model", row => Text(row.Milliseconds?.Median, "0.0")),
        ("min – max", row => Range(row.Milliseconds, "0.0")),
        ("ms from the process's start", row => Text(row.MillisecondsSinceStart?.Median, "0")),
        ("min – max", row => Range(row.MillisecondsSinceStart, "0")),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] MemoryColumns =
    [
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("peak MB", row => Text(row.PeakBytes?.Median / 1e6, "0.0")),
        ("min – max", row => Range(row.PeakBytes?.Divide(1e6), "0.0")),
        ("planned MB", row => Text(row.PlannedBytes / 1e6, "0.0")),
        ("of the plan", row => Text(row.RatioToPlan, "0.0 %")),
    ];

    /// <summary>Writes the document.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="report">What was measured.</param>
    /// <param name="commit">The commit that was measured, or null if it is not known.</param>
    /// <param name="date">The day.</param>
    public static void Write(TextWriter output, BenchmarkReport report, string? commit, DateOnly date)
    {
        output.WriteLine("# Results of one machine");
        output.WriteLine();
        output.WriteLine(
            "Written by `dotnet run -c Release --project perf/TinyGpt.Perf -- --suite --markdown > perf/results/NAME.md`; "
            + "do not edit. All machines, and the causes of missed goals: [RESULTS.md](../RESULTS.md).");
        output.WriteLine();
        WriteOrigin(output, report.Machine, report.Tier, commit, date);
        if (report.BusyWarning is { } warning)
        {
            output.WriteLine($"> **Not for keeps.** {warning}");
            output.WriteLine();
        }

        WriteGoals(output, GoalList.Of(report), report.WasBusy);
        WriteSection(
            output,
            report,
            "decode",
            "Decode",
            "Tokens per second of all sequences together. The same process measured the read bandwidth with the same number of threads, before and "
            + "after the very repeats; a token's bytes are weights and scales divided by the batch, and its own keys and values.",
            DecodeColumns);
        MarkdownCharts.WriteDecode(output, report);
        WriteSection(
            output,
            report,
            "token-matrices",
            "Matrices of a token",
            "The matrices that decoding reads, the head included, in the pass's order and nothing else of it, on the model's own memory. Threads do "
            + "not wait for each other.",
            TokenMatricesColumns);
        WriteSection(
            output,
            report,
            "prefill",
            "Prefill",
            "The peak is that of the tier's multiply-add instructions on registers alone, measured around the repeats; counted are the "
            + "multiply-adds of the matrices, while the time is that of the whole pass.",
            PrefillColumns);
        MarkdownCharts.WritePrefill(output, report);
        WriteSection(
            output,
            report,
            "matrices",
            "Matrices of a prompt",
            "The same products without the rest of the pass: no attention, no norms, no head. Whole chunks; threads do not wait for each other.",
            PrefillColumns);
        WriteSection(
            output,
            report,
            "neighbour",
            "Beside a busy process",
            "Decoding while another process spins on one processor, in pairs with decoding on one thread while nothing does.",
            NeighbourColumns);
        WriteSection(
            output,
            report,
            "load",
            "Load",
            "Each repeat is a separate process that opens the mapped file, or the built-in model. The file is in the system's cache.",
            LoadColumns);
        WriteSection(
            output,
            report,
            "first-token",
            "First token",
            "Each repeat is a separate process, so the time includes compiling the code and making engine and session. The built-in model reads "
            + "a whole card and a question first.",
            FirstTokenColumns);
        WriteSection(
            output,
            report,
            "memory",
            "Memory",
            "The most that such a process had resident, mapped weights included, against what the memory plan says before loading.",
            MemoryColumns);
        (report as SuiteReport)?.Stage.Write(output);
    }

    /// <summary>Writes a report of a stage with where it comes from.</summary>
    /// <inheritdoc cref="Write"/>
    public static void WriteStage(TextWriter output, StageReport report, string? commit, DateOnly date)
    {
        WriteOrigin(output, Machine.Description, report.Tier, commit, date);
        report.Write(output);
    }

    private static void WriteOrigin(TextWriter output, string machine, string tier, string? commit, DateOnly date)
    {
        output.WriteLine($"- Machine: {machine}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- Largest cache: {Machine.LastLevelCacheBytes >> 10:N0} KiB"));
        output.WriteLine($"- Instruction sets: {string.Join(", ", Machine.Features)}");
        output.WriteLine($"- Tier: {tier}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"- Date: {date:yyyy-MM-dd}"));
        output.WriteLine($"- Commit: {commit ?? "not known"}");
        output.WriteLine();
    }

    private static void WriteGoals(TextWriter output, IReadOnlyList<Goal> goals, bool wasBusy)
    {
        output.WriteLine("## Goals");
        output.WriteLine();
        output.WriteLine("Medians. What is compared with each other was measured in turn, repeat by repeat. *Additions a cycle* is what the core gave this");
        output.WriteLine("machine at the time: less than elsewhere in the same file, another thread shared the core ([NOTES.md](../NOTES.md#how-the-figures-come-about)).");
        output.WriteLine();
        output.WriteLine("| goal | target | measured | |");
        output.WriteLine("| --- | ---: | ---: | --- |");
        foreach (Goal goal in goals)
        {
            string verdict = wasBusy ? "not judged: busy" : goal.IsReached == false ? $"**{goal.Verdict}**" : goal.Verdict;
            output.WriteLine($"| {goal.Name} | {goal.TargetText} | {goal.MeasuredText} | {verdict} |");
        }

        output.WriteLine();
    }

    private static void WriteSection(
        TextWriter output,
        BenchmarkReport report,
        string phase,
        string title,
        string explanation,
        (string Title, Func<BenchmarkRow, string> Cell)[] columns)
    {
        BenchmarkRow[] rows = [.. report.Rows.Where(row => row.Phase == phase)];
        if (rows.Length == 0)
        {
            return;
        }

        output.WriteLine($"## {title}");
        output.WriteLine();
        output.WriteLine(explanation);
        output.WriteLine();
        output.WriteLine($"| {string.Join(" | ", columns.Select(column => column.Title))} |");
        output.WriteLine($"| --- | {string.Join(" | ", columns.Skip(1).Select(_ => "---:"))} |");
        foreach (BenchmarkRow row in rows)
        {
            output.WriteLine($"| {string.Join(" | ", columns.Select(column => column.Cell(row)))} |");
        }

        output.WriteLine();
    }

    private static string Range(Spread? spread, string format) =>
        spread is { } known ? $"{Text(known.Smallest, format)} – {Text(known.Largest, format)}" : "";

    private static string Text(double? value, string format = "0") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
