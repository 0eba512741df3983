namespace TinyGpt.Cli;

/// <summary>What the process tells its caller; 0 says that all is done.</summary>
internal static class ExitCode
{
    /// <summary>The work failed; one line on standard error says why.</summary>
    public const int Failed = 1;

    /// <summary>The arguments make no sense; one line on standard error says which.</summary>
    public const int BadUsage = 2;

    /// <summary>Nobody reads standard output any more, by the shells' convention 128 + SIGPIPE.</summary>
    public const int NobodyReads = 141;

    /// <summary>Ctrl-C, by the shells' convention 128 + SIGINT.</summary>
    public const int Cancelled = 130;
}
