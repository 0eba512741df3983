using System.Diagnostics;
using System.Globalization;

namespace TinyGpt.Measuring;

/// <summary>
/// Watches how much of the machine's processor time others use while something is measured. A look before and after misses what comes
/// and goes in between; this does not.
/// </summary>
internal sealed class OthersWatch
{
    private const int FirstIdleField = 3;
    private const int CountedFields = 8; // what follows is contained in the first ones

    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly TimeSpan _ownBefore = Machine.ProcessorTime;
    private readonly Ticks? _before = Ticks.Read();

    /// <summary>
    /// The part of all processors' time that others used since the watch was made, 0 … 1; null where the system does not tell.
    /// </summary>
    public double? Share
    {
        get
        {
            if (_before is not { } before || Ticks.Read() is not { } now || now.Total == before.Total)
            {
                return null;
            }

            double busy = (double)(now.Busy - before.Busy) / (now.Total - before.Total);
            double seconds = Stopwatch.GetElapsedTime(_begun).TotalSeconds;
            double own = (Machine.ProcessorTime - _ownBefore).TotalSeconds / (seconds * now.Processors);
            return Math.Clamp(busy - own, 0, 1);
        }
    }

    /// <summary>The kernel's count of all processors' time.</summary>
    private readonly record struct Ticks(long Busy, long Total, int Processors)
    {
        public static Ticks? Read()
        {
            try
            {
                string[] lines = [.. File.ReadLines("/proc/stat").TakeWhile(line => line.StartsWith("cpu", StringComparison.Ordinal))];
                long[] fields = [.. lines[0]
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    .Skip(1)
                    .Take(CountedFields)
                    .Select(field => long.Parse(field, CultureInfo.InvariantCulture))];
                long total = fields.Sum();
                return new Ticks(total - fields[FirstIdleField] - fields[FirstIdleField + 1], total, lines.Length - 1);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or IndexOutOfRangeException
                or FormatException)
            {
                return null; // not Linux, or a system that hides it
            }
        }
    }
}
