using System.Diagnostics;

namespace TinyGpt.Perf;

/// <summary>Starts this program again.</summary>
internal static class OwnProgram
{
    /// <summary>Starts it with its output redirected.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="redirectInput">Whether its input comes from this process.</param>
    /// <exception cref="IOException">It could not be started.</exception>
    public static Process Start(IEnumerable<string> arguments, bool redirectInput = false)
    {
        string program = Environment.ProcessPath ?? throw new IOException("This process does not know its own program.");

        // Started through the runtime's launcher, the program is its first argument.
        bool isLauncher = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] launched = isLauncher ? ["exec", Path.Combine(AppContext.BaseDirectory, "TinyGpt.Perf.dll"), .. arguments] : [.. arguments];
        ProcessStartInfo start = new(program, launched) { RedirectStandardOutput = true, RedirectStandardInput = redirectInput };
        return Process.Start(start) ?? throw new IOException($"{program} could not be started.");
    }
}
