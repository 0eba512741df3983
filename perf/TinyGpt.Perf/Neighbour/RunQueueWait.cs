using System.Globalization;

namespace TinyGpt.Perf;

/// <summary>How long the calling thread was ready to run while others had its processor, as the system counts it.</summary>
internal static class RunQueueWait
{
    private const string Source = "/proc/thread-self/schedstat";
    private const int WaitField = 1;

    /// <summary>Seconds of the calling thread so far; null where the system does not tell.</summary>
    public static double? Seconds
    {
        get
        {
            try
            {
                return long.Parse(File.ReadAllText(Source).Split(' ')[WaitField], CultureInfo.InvariantCulture) / 1e9;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or IndexOutOfRangeException
                or FormatException)
            {
                return null; // not Linux, or a system that hides it
            }
        }
    }
}
