using System.Diagnostics;
using System.Globalization;

namespace TinyGpt.BadInput.Victim;

/// <summary>
/// Watches how far this process's resident memory rises. Linux forgets the old peak on request, so that every load has a separate peak;
/// elsewhere the peak is that of the whole life, and only a new record counts.
/// </summary>
internal static class ResidentMemory
{
    private const string Forget = "/proc/self/clear_refs";
    private const string Status = "/proc/self/status";

    private static readonly bool CanForget = TryForget();

    /// <summary>Forgets the peak.</summary>
    /// <returns>The resident memory, in bytes; <see cref="Peak"/> minus this is the growth.</returns>
    public static long Mark()
    {
        if (CanForget)
        {
            TryForget();
        }

        return Peak();
    }

    /// <summary>The peak in bytes.</summary>
    public static long Peak()
    {
        if (!CanForget)
        {
            using Process self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64;
        }

        foreach (string line in File.ReadLines(Status))
        {
            if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
            {
                string kibibytes = line["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal);
                return long.Parse(kibibytes, NumberStyles.Any, CultureInfo.InvariantCulture) << 10;
            }
        }

        throw new InvalidOperationException($"{Status} has no VmHWM.");
    }

    private static bool TryForget()
    {
        try
        {
            using FileStream stream = new(Forget, FileMode.Open, FileAccess.Write);
            stream.Write("5"u8);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
