using System.Globalization;

namespace TinyGpt.Cli.Output;

/// <summary>Sizes for people.</summary>
internal static class ByteSize
{
    private static readonly string[] Units = ["KiB", "MiB", "GiB", "TiB"];

    /// <summary>Three digits or more, and a unit.</summary>
    public static string Format(long bytes)
    {
        if (bytes < 1024)
        {
            return $"{bytes} B";
        }

        double size = bytes / 1024.0;
        int unit = 0;
        for (; size >= 1024 && unit < Units.Length - 1; unit++)
        {
            size /= 1024;
        }

        return size.ToString(size < 100 ? "0.0" : "0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }

    /// <summary>The memory plan on one line.</summary>
    public static string Format(MemoryPlan plan) =>
        $"weights {Format(plan.Weights)}, KV cache {Format(plan.KvCache)}, scratch {Format(plan.Scratch)}, "
        + $"runtime {Format(plan.Runtime)}; total {Format(plan.Total)}";
}
