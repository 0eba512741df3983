using System.Diagnostics;
using System.Globalization;
using TinyGpt.BadInput.Victim;

namespace TinyGpt.BadInput.Tests.Victims;

/// <summary>
/// The child process that loads bad files. It is started when it is needed; if it dies or hangs, that is the answer to the case at hand,
/// and the next case has a new one.
/// </summary>
internal sealed class VictimProcess : IDisposable
{
    // Far above the time that a load may take, so that a slow machine is reported as slow and not as hung.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Process? _process;

    /// <summary>Has a file loaded.</summary>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="path">The file or folder.</param>
    public VictimReply Ask(string way, string path)
    {
        _process ??= Start();
        string? line;
        try
        {
            _process.StandardInput.WriteLine($"{way}\t{path}");
            _process.StandardInput.Flush();
            Task<string?> reading = _process.StandardOutput.ReadLineAsync();
            if (!reading.Wait(Patience))
            {
                Abandon();
                return Broken($"the process hung for {Patience.TotalSeconds} s");
            }

            line = reading.Result;
        }
        catch (Exception exception) when (exception is IOException or AggregateException)
        {
            line = null;
        }

        if (line is not null)
        {
            return VictimReply.Parse(line);
        }

        _process.WaitForExit(Patience);
        string code = _process.HasExited ? _process.ExitCode.ToString(CultureInfo.InvariantCulture) : "none";
        Abandon();
        return Broken($"the process died, exit code {code}");
    }

    public void Dispose() => Abandon();

    private static VictimReply Broken(string message) => new(LoadResult.Broken, 0, 0, 0, message);

    private static Process Start()
    {
        string name = OperatingSystem.IsWindows() ? "TinyGpt.BadInput.Victim.exe" : "TinyGpt.BadInput.Victim";
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, name))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };

        // What is to be measured is what a load holds, not how long the collector lets garbage lie; and a stack trace that a crash
        // prints belongs into the test's log, not into a file of the system's.
        start.Environment["DOTNET_GCgen0size"] = "100000";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start.");
    }

    private void Abandon()
    {
        if (_process is { } process)
        {
            _process = null;
            if (!process.HasExited)
            {
                process.Kill();
            }

            process.Dispose();
        }
    }
}
