using System.ComponentModel;
using System.Diagnostics;

namespace TinyGpt.Perf;

/// <summary>The commit that this program was built from, as far as its folder tells.</summary>
internal static class SourceRevision
{
    // What decides a figure. Above all not the results file, which a shell has emptied before this program runs.
    private static readonly string[] Sources = [":/src", ":/native-free-kernels", ":/perf/TinyGpt.Perf", ":/Directory.Build.props"];

    /// <summary>The commit, with a remark if what is measured was changed since; null where that is not known.</summary>
    public static string? Find()
    {
        string? commit = Git("rev-parse", "--short=12", "HEAD");
        return commit is null || Git(["status", "--porcelain", "--", .. Sources]) is { Length: 0 } ? commit : commit + " with changes";
    }

    private static string? Git(params string[] arguments)
    {
        try
        {
            ProcessStartInfo start = new("git", ["-C", AppContext.BaseDirectory, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using Process? process = Process.Start(start);
            string? output = process?.StandardOutput.ReadToEnd().Trim();
            process?.WaitForExit();
            return process?.ExitCode == 0 ? output : null;
        }
        catch (Win32Exception)
        {
            return null; // there is no git
        }
    }
}
