namespace TinyGpt.Cli.Output;

/// <summary>
/// Whether the caller gave the process a standard stream at all. Where it did not (<c>&lt;&amp;-</c>), the runtime takes its number for a file
/// of its own, and to read or write that would wait for ever or do harm.
/// </summary>
internal static class StandardStream
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    private const int CloseOnExec = 0x80000; // what a process opens for itself has it; what it was given cannot

    /// <summary>Whether a stream was closed before the process began. On systems that cannot tell it counts as open.</summary>
    public static bool IsClosed(int stream)
    {
        if (!OperatingSystem.IsLinux() || !Directory.Exists("/proc/self/fdinfo"))
        {
            return false;
        }

        try
        {
            string? flags = File.ReadLines($"/proc/self/fdinfo/{stream}").FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal));
            return flags is not null && (Convert.ToInt64(flags["flags:".Length..].Trim(), 8) & CloseOnExec) != 0;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            return false;
        }
    }
}
