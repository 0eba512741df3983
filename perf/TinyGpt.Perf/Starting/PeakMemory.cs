using System.Diagnostics;
using System.Globalization;

namespace TinyGpt.Perf;

/// <summary>The most memory that this process had resident so far.</summary>
internal static class PeakMemory
{
    private const string HighWaterMark = "VmHWM:";

    /// <summary>Reads it, in bytes.</summary>
    public static long Read()
    {
        try
        {
            string? line = File.ReadLines("/proc/self/status")
                .FirstOrDefault(line => line.StartsWith(HighWaterMark, StringComparison.Ordinal));
            if (line?[HighWaterMark.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                is [string kilobytes, "kB"])
            {
                return long.Parse(kilobytes, CultureInfo.InvariantCulture) << 10;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Not Linux: the runtime knows.
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
