using System.Globalization;

namespace TinyGpt.Perf;

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
        ("tokens/s", row => Text(row.TokensPerSecond.Median, "0.0")),
        ("min..max", row => $"{Text(row.TokensPerSecond.Smallest, "0")}..{Text(row.TokensPerSecond.Largest, "0")}"),
        ("MB/token", row => Text(row.BytesPerToken / 1e6, "0.0")),
        ("read GB/s", row => Text(row.BandwidthGBs, "0.0")),
        ("of read", row => Text(row.RatioToBandwidth, "0.0 %")),
        ("GMAC/s", row => Text(row.GigaMacs, "0.0")),
        ("of peak", row => Text(row.RatioToPeak, "0.0 %")),
        ("allocated", row => Text(row.AllocatedBytes)),
    ];

    /// <summary>Writes the machine, the tier and the table, and a warning where one is due.</summary>
    public static void Write(TextWriter output, BenchmarkReport report)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(report);
        output.WriteLine($"{report.Machine}; tier {report.Tier}");
        string[][] lines =
        [
            [.. Columns.Select(column => column.Title)],
            .. report.Rows.Select(row => (string[])[.. Columns.Select(column => column.Cell(row))]),
        ];
        int[] widths = [.. Columns.Select((_, index) => lines.Max(line => line[index].Length))];
        foreach (string[] line in lines)
        {
            // The first two columns are words.
            output.WriteLine(string.Join(
                Gap, line.Select((cell, index) => index < 2 ? cell.PadRight(widths[index]) : cell.PadLeft(widths[index]))));
        }

        if (report.WasBusy)
        {
            output.WriteLine(
                $"The machine was busy: only {Text(report.FreeShare, "0 %")} of its processors were free. "
                + "Trust the ratios a little, the rest not at all.");
        }
    }

    private static string Text(double? value, string format = "0") => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
