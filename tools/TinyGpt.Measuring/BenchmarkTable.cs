using System.Globalization;

namespace TinyGpt.Measuring;

/// <summary>A benchmark's report as aligned text.</summary>
public static class BenchmarkTable
{
    private const string Gap = "  ";

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] Columns =
    [
        ("phase", row => row.Phase),
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("batch", row => Text(row.Batch)),
        ("context", row => Text(row.Context)),
        ("kv", row => row.KvPrecision is { } precision ? KvPrecisions.Name(precision) : ""),
        ("tokens/s", row => Text(row.TokensPerSecond?.Median, "0.0")),
        ("min..max", row => Range(row.TokensPerSecond)),
        ("MB/token", row => Text(row.BytesPerToken / 1e6, "0.0")),
        ("read GB/s", row => Text(row.BandwidthGBs, "0.0")),
        ("of read", row => Text(row.RatioToBandwidth, "0.0 %")),
        ("GMAC/s", row => Text(row.GigaMacs, "0.0")),
        ("of peak", row => Text(row.RatioToPeak, "0.0 %")),
        ("adds/cycle", row => Text(row.CoreWidth, "0.0")),
        ("allocated", row => Text(row.AllocatedBytes)),
    ];

    private static readonly (string Title, Func<BenchmarkRow, string> Cell)[] StartColumns =
    [
        ("phase", row => row.Phase),
        ("shape", row => row.Shape),
        ("threads", row => Text(row.Threads)),
        ("checksums", row => row.Checksums is { } verified ? (verified ? "verified" : "trusted") : ""),
        ("ms", row => Text(row.Milliseconds?.Median, "0.0")),
        ("min..max", row => Range(row.Milliseconds)),
        ("ms from start", row => Text(row.MillisecondsSinceStart?.Median)),
        ("min..max", row => Range(row.MillisecondsSinceStart)),
        ("peak MB", row => Text(row.PeakBytes?.Median / 1e6, "0.0")),
        ("planned MB", row => Text(row.PlannedBytes / 1e6, "0.0")),
        ("of plan", row => Text(row.RatioToPlan, "0.0 %")),
    ];

    /// <summary>Writes the machine, the tier and the table, and a warning where one is due.</summary>
    public static void Write(TextWriter output, BenchmarkReport report)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(report);
        output.WriteLine($"{report.Machine}; tier {report.Tier}");
        WriteRows(output, Columns, [.. report.Rows.Where(row => row.TokensPerSecond is not null)]);
        WriteRows(output, StartColumns, [.. report.Rows.Where(row => row.TokensPerSecond is null)]);
        if (report.BusyWarning is { } warning)
        {
            output.WriteLine(warning);
        }
    }

    private static void WriteRows(
        TextWriter output, (string Title, Func<BenchmarkRow, string> Cell)[] columns, IReadOnlyList<BenchmarkRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        string[][] lines =
        [
            [.. columns.Select(column => column.Title)],
            .. rows.Select(row => (string[])[.. columns.Select(column => column.Cell(row))]),
        ];
        int[] widths = [.. columns.Select((_, index) => lines.Max(line => line[index].Length))];
        foreach (string[] line in lines)
        {
            // The first two columns are words.
            output.WriteLine(string.Join(
                Gap, line.Select((cell, index) => index < 2 ? cell.PadRight(widths[index]) : cell.PadLeft(widths[index]))));
        }
    }

    private static string Range(Spread? spread) =>
        spread is { } known ? $"{Text(known.Smallest)}..{Text(known.Largest)}" : "";

    private static string Text(double? value, string format = "0") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
