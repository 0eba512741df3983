using System.Text.Json;

namespace TinyGpt.Perf;

/// <summary>One measurement. What does not apply is null.</summary>
public sealed record BenchmarkRow
{
    /// <summary><c>decode</c> or <c>prefill</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>The model's name or shape.</summary>
    public required string Shape { get; init; }

    /// <summary>Threads that computed.</summary>
    public required int Threads { get; init; }

    /// <summary>Sequences that were computed together.</summary>
    public required int Batch { get; init; }

    /// <summary>Decode: tokens of each sequence at the beginning. Prefill: tokens of the prompt.</summary>
    public required int Context { get; init; }

    /// <summary>Tokens a second, of all sequences together.</summary>
    public required Spread TokensPerSecond { get; init; }

    /// <summary>Weights, scales, keys and values that had to be read for one token.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>What as many threads read when they did nothing else, between the same repeats: 10⁹ bytes a second.</summary>
    public double? BandwidthGBs { get; init; }

    /// <summary>Bytes read a second as a part of <see cref="BandwidthGBs"/>, medians both.</summary>
    public double? RatioToBandwidth { get; init; }

    /// <summary>Multiply-adds of the matrices, 10⁹ a second.</summary>
    public double? GigaMacs { get; init; }

    /// <summary><see cref="GigaMacs"/> as a part of what as many threads did on registers alone, between the same repeats.</summary>
    public double? RatioToPeak { get; init; }

    /// <summary>Bytes that the whole process allocated on the managed heap during all timed repeats.</summary>
    public required long AllocatedBytes { get; init; }
}

/// <summary>What a benchmark found.</summary>
/// <param name="Machine">What it ran on.</param>
/// <param name="Tier">The kernel tier's name.</param>
/// <param name="Rows">The measurements.</param>
/// <param name="FreeShare">The smallest part of the processors that was free for this process before and after, 0 … 1.</param>
public sealed record BenchmarkReport(string Machine, string Tier, IReadOnlyList<BenchmarkRow> Rows, double FreeShare)
{
    private const double QuietShare = 0.9;
    private const int Decimals = 4;

    /// <summary>Whether something else was computing, so that the figures say little.</summary>
    public bool WasBusy => FreeShare < QuietShare;

    /// <summary>Writes the report's properties into an object that has begun.</summary>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteString("machine", Machine);
        writer.WriteString("tier", Tier);
        writer.WriteStartArray("rows");
        foreach (BenchmarkRow row in Rows)
        {
            writer.WriteStartObject();
            writer.WriteString("phase", row.Phase);
            writer.WriteString("shape", row.Shape);
            writer.WriteNumber("threads", row.Threads);
            writer.WriteNumber("batch", row.Batch);
            writer.WriteNumber("context", row.Context);
            WriteNumber(writer, "tokensPerSecond", row.TokensPerSecond.Median);
            WriteNumber(writer, "bytesPerToken", row.BytesPerToken);
            WriteNumber(writer, "bandwidthGBs", row.BandwidthGBs);
            WriteNumber(writer, "ratioToBandwidth", row.RatioToBandwidth);
            WriteNumber(writer, "gigaMacs", row.GigaMacs);
            WriteNumber(writer, "ratioToPeak", row.RatioToPeak);
            writer.WriteNumber("allocatedBytes", row.AllocatedBytes);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, double? value)
    {
        if (value is { } number)
        {
            writer.WriteNumber(name, Math.Round(number, Decimals));
        }
    }
}
