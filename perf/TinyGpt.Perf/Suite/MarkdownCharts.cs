using System.Globalization;
using TinyGpt.Measuring;

namespace TinyGpt.Perf;

/// <summary>The charts of <see cref="MarkdownReport"/> in Mermaid's language, which code hosts draw.</summary>
internal static class MarkdownCharts
{
    /// <summary>Draws how much of the bandwidth decoding uses, and what a batch brings. Only the shapes that goals speak of.</summary>
    public static void WriteDecode(TextWriter output, BenchmarkReport report)
    {
        BenchmarkRow[] decode = [.. report.Rows.Where(row => row.Phase == "decode")];
        BenchmarkRow[] single =
        [
            .. decode.Where(row => row.Batch == 1 && !BenchmarkSuite.FurtherShapes.Contains(row.Shape)
                && (row.Context > 0 || row.KvPrecision == KvPrecision.Float32)),
        ];
        Write(
            output,
            "Decode, one sequence: percent of the measured read bandwidth",
            single.Select(row => $"{row.Shape} {Threads(row)}{(row.Context == 0 ? "" : $" after {row.Context} {Precision(row)}")}"),
            "percent",
            [("bar", single.Select(row => 100 * row.RatioToBandwidth))],
            most: 100);

        BenchmarkRow[] batches = [.. decode.Where(row => row.Shape == BenchmarkSuite.LargeShape && row.Context == 0 && row.KvPrecision == KvPrecision.Float32)];
        Write(
            output,
            $"{BenchmarkSuite.LargeShape}, empty context: tokens a second by sequences",
            batches.Select(row => $"{row.Batch} on {Threads(row)}"),
            "tokens/s",
            [("bar", batches.Select(row => row.TokensPerSecond?.Median))]);

        BenchmarkRow[] contexts = [.. decode.Where(row => row.Shape == BenchmarkSuite.LargeShape && row.Context > 0)];
        Write(
            output,
            $"{BenchmarkSuite.LargeShape}: tokens per second after {BenchmarkSuite.LongContext} tokens, percent of an empty context's",
            contexts.Select(row => $"{row.Batch} on {Threads(row)} {Precision(row)}"),
            "percent",
            [("bar", contexts.Select(row => 100 * row.TokensPerSecond?.Median / Empty(row)?.TokensPerSecond?.Median))],
            most: 100);

        BenchmarkRow? Empty(BenchmarkRow row) => decode.FirstOrDefault(other => other.Shape == row.Shape && other.Threads == row.Threads
            && other.Batch == row.Batch && other.Context == 0 && other.KvPrecision == row.KvPrecision);
    }

    /// <summary>Draws the multiply-adds a second beside the peak.</summary>
    public static void WritePrefill(TextWriter output, BenchmarkReport report)
    {
        BenchmarkRow[] prefill = [.. report.Rows.Where(row => row.Phase == "prefill" && row.Shape == BenchmarkSuite.LargeShape)];
        Write(
            output,
            $"{BenchmarkSuite.LargeShape}, prefill: 10⁹ multiply-adds a second (bars), and the measured peak (line)",
            prefill.Select(row => $"{row.Context} tokens, {Threads(row)}"),
            "GMAC/s",
            [
                ("bar", prefill.Select(row => row.GigaMacs)),
                ("line", prefill.Select(row => row.GigaMacs / row.RatioToPeak)),
            ]);
    }

    private static void Write(
        TextWriter output,
        string title,
        IEnumerable<string> names,
        string unit,
        IReadOnlyList<(string Kind, IEnumerable<double?> Values)> series,
        double? most = null)
    {
        // A figure that was not taken, such as the scalar tier's peak, takes its whole series away: a gap cannot be drawn.
        (string Kind, double[] Values)[] drawn =
        [
            .. series.Where(one => one.Values.Any() && one.Values.All(value => value is not null))
                .Select(one => (one.Kind, one.Values.OfType<double>().ToArray())),
        ];
        if (drawn.Length == 0)
        {
            return;
        }

        double top = Math.Max(most ?? 0, drawn.Max(one => one.Values.Max()) * 1.05);
        output.WriteLine("```mermaid");
        output.WriteLine("xychart-beta");
        output.WriteLine($"    title \"{title}\"");
        output.WriteLine($"    x-axis [{string.Join(", ", names.Select(name => $"\"{name}\""))}]");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"    y-axis \"{unit}\" 0 --> {Math.Ceiling(top)}"));
        foreach ((string kind, double[] values) in drawn)
        {
            output.WriteLine($"    {kind} [{string.Join(", ", values.Select(NumberText))}]");
        }

        output.WriteLine("```");
        output.WriteLine();
    }

    private static string Precision(BenchmarkRow row) => row.KvPrecision is { } precision ? KvPrecisions.Name(precision) : "";

    private static string NumberText(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);

    private static string Threads(BenchmarkRow row) => row.Threads == 1 ? "1 thread" : $"{row.Threads} threads";
}
