using System.Diagnostics;

namespace TinyGpt.BadInput.Victim;

/// <summary>Loads a file and tells how that ended and what it took.</summary>
internal static class Measurement
{
    // A collection takes longer than most loads, so there is one only if the last load left much garbage.
    private const long WorthCollecting = 4 << 20;

    /// <summary>Runs one load.</summary>
    /// <param name="load">Loads a path and gives what uses the result and lets go of it; that is run too, but not measured.</param>
    /// <param name="path">The file or folder.</param>
    public static VictimReply Of(Func<string, Action> load, string path)
    {
        if (GC.GetTotalMemory(forceFullCollection: false) > WorthCollecting)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        long standing = ResidentMemory.Mark();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        Action? use = null;
        Exception? failure = null;
        try
        {
            use = load(path);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            failure = exception;
        }

        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        long peak = ResidentMemory.Peak() - standing;
        (LoadResult result, string message) = failure is null ? Use(use!) : Describe(failure);
        return new VictimReply(result, milliseconds, allocated, peak, message);
    }

    private static (LoadResult Result, string Message) Use(Action use)
    {
        try
        {
            use();
            return (LoadResult.Loaded, "");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return (LoadResult.Broken, $"in use: {exception}");
        }
    }

    private static (LoadResult Result, string Message) Describe(Exception failure) => failure switch
    {
        ModelFormatException or SnapshotException => (LoadResult.Refused, failure.Message),
        FileNotFoundException => (LoadResult.Missing, failure.Message),
        _ => (LoadResult.Broken, failure.ToString()),
    };
}
