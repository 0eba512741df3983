using Xunit;

namespace TinyGpt.Tests;

/// <summary>
/// Tells how much a test did: in its output and, because a run of all tests shows no output, in a file of the folder that the variable
/// TINYGPT_COUNTS names, if it is set. CI prints those.
/// </summary>
internal static class Counts
{
    private static readonly Lock Gate = new();

    public static void Tell(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable("TINYGPT_COUNTS") is { Length: > 0 } folder)
        {
            lock (Gate)
            {
                File.AppendAllText(Path.Combine(folder, $"{Environment.ProcessId}.txt"), line + Environment.NewLine);
            }
        }
    }
}
