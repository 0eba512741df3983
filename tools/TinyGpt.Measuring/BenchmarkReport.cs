using System.Globalization;
using System.Text.Json;

namespace TinyGpt.Measuring;

/// <summary>What a benchmark found.</summary>
/// <param name="Machine">What it ran on.</param>
/// <param name="Tier">The kernel tier's name.</param>
/// <param name="Rows">The measurements.</param>
/// <param name="FreeShare">The smallest part of the processors that was free for this process before and after, 0 … 1.</param>
public record BenchmarkReport(string Machine, string Tier, IReadOnlyList<BenchmarkRow> Rows, double FreeShare)
{
    private const double QuietShare = 0.9;
    private const int Decimals = 4;

    /// <summary>The largest share of the processors that others used during a measurement that is no row, 0 … 1.</summary>
    public double OthersShare { get; init; }

    /// <summary>Whether something else was computing before, after or meanwhile, so that the figures say little.</summary>
    public bool WasBusy => FreeShare < QuietShare || LargestOthersShare > 1 - QuietShare;

    /// <summary>What to say of a run on a busy machine, or null for a quiet one.</summary>
    public string? BusyWarning => WasBusy
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"The machine was busy: before and after, {FreeShare:0 %} of its processors were free; ")
            + string.Create(CultureInfo.InvariantCulture, $"meanwhile others used up to {LargestOthersShare:0 %} of them. ")
            + "Trust the ratios a little, the rest not at all."
        : null;

    private double LargestOthersShare => Math.Max(Rows.Max(row => row.OthersShare) ?? 0, OthersShare);

    /// <summary>Puts several reports of the same machine and tier together.</summary>
    /// <param name="parts">One or more.</param>
    public static BenchmarkReport Join(IReadOnlyList<BenchmarkReport> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return parts[0] with { Rows = [.. parts.SelectMany(part => part.Rows)], FreeShare = parts.Min(part => part.FreeShare) };
    }

    /// <summary>Writes the report's properties into an object that has begun.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString("machine", Machine);
        writer.WriteString("tier", Tier);
        writer.WriteBoolean("busy", WasBusy);
        WriteNumber(writer, "freeShare", FreeShare);
        writer.WriteStartArray("rows");
        foreach (BenchmarkRow row in Rows)
        {
            writer.WriteStartObject();
            writer.WriteString("phase", row.Phase);
            writer.WriteString("shape", row.Shape);
            writer.WriteNumber("threads", row.Threads);
            WriteNumber(writer, "batch", row.Batch);
            WriteNumber(writer, "context", row.Context);
            if (row.KvPrecision is { } precision)
            {
                writer.WriteString("kv", KvPrecisions.Name(precision));
            }

            WriteSpread(writer, "tokensPerSecond", row.TokensPerSecond);
            WriteNumber(writer, "bytesPerToken", row.BytesPerToken);
            WriteNumber(writer, "bandwidthGBs", row.BandwidthGBs);
            WriteNumber(writer, "ratioToBandwidth", row.RatioToBandwidth);
            WriteNumber(writer, "gigaMacs", row.GigaMacs);
            WriteNumber(writer, "ratioToPeak", row.RatioToPeak);
            WriteNumber(writer, "additionsACycle", row.CoreWidth);
            WriteNumber(writer, "allocatedBytes", row.AllocatedBytes);
            WriteNumber(writer, "ratioToOneThread", row.RatioToOneThread);
            WriteNumber(writer, "ratioOfSlowestTenth", row.RatioOfSlowestTenth);
            WriteNumber(writer, "slowestWaitedForProcessor", row.SlowestWaitedForProcessor);
            WriteNumber(writer, "slowestWaitedForWorkers", row.SlowestWaitedForWorkers);
            WriteSpread(writer, "milliseconds", row.Milliseconds);
            WriteSpread(writer, "millisecondsSinceStart", row.MillisecondsSinceStart);
            if (row.Checksums is { } checksums)
            {
                writer.WriteBoolean("checksums", checksums);
            }

            WriteSpread(writer, "peakBytes", row.PeakBytes);
            WriteNumber(writer, "plannedBytes", row.PlannedBytes);
            WriteNumber(writer, "ratioToPlan", row.RatioToPlan);
            WriteNumber(writer, "othersShare", row.OthersShare);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSpread(Utf8JsonWriter writer, string name, Spread? value)
    {
        WriteNumber(writer, name, value?.Median);
        WriteNumber(writer, name + "Min", value?.Smallest);
        WriteNumber(writer, name + "Max", value?.Largest);
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, Math.Round(number, Decimals));
        }
    }
}
