using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TinyGpt.Cli.Tests;

/// <summary>Ctrl-C for another process, at once: to start the kill command takes longer on a busy machine than some runs do.</summary>
internal static partial class Interrupt
{
    private const int Signal = 2;

    /// <summary>
    /// Whether the tests were started with the signal ignored, as <c>nohup … &amp;</c> does: children inherit that, and would not hear it either.
    /// </summary>
    public static bool IsIgnored { get; } = OperatingSystem.IsLinux() && File.ReadLines("/proc/self/status").Any(line =>
        line.StartsWith("SigIgn:", StringComparison.Ordinal) && (Convert.ToUInt64(line["SigIgn:".Length..].Trim(), 16) & (1UL << (Signal - 1))) != 0);

    /// <summary>What a command line begins with, so that its process hears the signal; nothing where it does anyway.</summary>
    public static string[] Heard => IsIgnored ? ["env", "--default-signal=INT"] : [];

    /// <summary>Sends it. There is nothing like it on Windows.</summary>
    public static void Send(Process process)
    {
        if (Kill(process.Id, Signal) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
