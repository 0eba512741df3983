using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace TinyGpt.Cli.Tests;

/// <summary>Ctrl-C for another process, at once: to start the kill command takes longer on a busy machine than some runs do.</summary>
internal static partial class Interrupt
{
    private const int Signal = 2;

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
