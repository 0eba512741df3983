using System.Diagnostics;
using System.Runtime.InteropServices;
using Xunit;

namespace TinyGpt.Tests.Platform;

/// <summary>
/// A root file system that has the C and C++ libraries which the runtime is linked with, the runtime, and nothing else: no OpenSSL, no
/// ICU, no shell. Processes run in it by way of a mount namespace.
/// </summary>
internal sealed class BareSystem : IDisposable
{
    // Binds what follows up to "--" to the same places under the root, then runs the rest there.
    private const string Enter = """
        set -e
        root=$1; shift
        while [ "$1" != -- ]; do mount --rbind "$1" "$root$1"; shift; done
        shift
        exec chroot "$root" "$@"
        """;

    private readonly string _root = Directory.CreateTempSubdirectory("tinygpt-bare-").FullName;
    private readonly List<string> _bound = ["/proc", "/dev"];

    /// <summary>Makes the root; skips the test where that is not possible.</summary>
    /// <param name="folders">Folders outside that programs in it need, at the same paths.</param>
    public BareSystem(params string[] folders)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mount namespaces are Linux's");
        Assert.SkipUnless(CanUnshare(), "unshare cannot make a mount namespace here");
        string runtime = RuntimeEnvironment.GetRuntimeDirectory();
        Host = Path.Combine(Path.GetFullPath(Path.Combine(runtime, "../../..")), "dotnet");
        _bound.AddRange([Path.GetDirectoryName(Host)!, .. folders.Select(Path.TrimEndingDirectorySeparator)]);
        foreach (string folder in _bound.Append("/tmp"))
        {
            Directory.CreateDirectory(_root + folder);
        }

        Directory.CreateDirectory(_root + "/etc");
        File.WriteAllText(_root + "/etc/passwd", "root:x:0:0::/:\n"); // test runners ask for the user's name
        foreach (string binary in (string[])[Host, .. Directory.GetFiles(runtime, "lib*.so").Where(file => !file.Contains("OpenSsl", StringComparison.Ordinal))])
        {
            CopyLibrariesOf(binary);
        }
    }

    /// <summary>The runtime's launcher.</summary>
    public string Host { get; }

    /// <summary>Runs an assembly with the runtime.</summary>
    public async Task<(int ExitCode, string Output, string Error)> Run(string assembly, params string[] arguments)
    {
        string[] command = ["-r", "-m", "sh", "-c", Enter, "enter", _root, .. _bound, "--", Host, "exec", assembly, .. arguments];
        ProcessStartInfo start = new("unshare", command) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }

    // What was bound there was bound in the processes' namespaces only, so the root's own files are all that goes.
    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static bool CanUnshare()
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("unshare", ["-r", "-m", "true"]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private void CopyLibrariesOf(string binary)
    {
        using Process process = Process.Start(new ProcessStartInfo("ldd", [binary]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        foreach (string line in process.StandardOutput.ReadToEnd().Split('\n'))
        {
            // "name => path (address)", and "path (address)" for the loader.
            string? path = line.Split("=>")[^1].Trim().Split(' ')[0];
            if (path.StartsWith('/') && !path.StartsWith(Path.GetDirectoryName(Host)!, StringComparison.Ordinal) && !File.Exists(_root + path))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(_root + path)!);
                File.Copy(path, _root + path);
            }
        }
    }
}
