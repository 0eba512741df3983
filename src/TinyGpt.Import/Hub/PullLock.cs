namespace TinyGpt.Import.Hub;

/// <summary>
/// Keeps other processes, and other callers in this one, from pulling the same model at the same time. The system lets go of it when
/// its process dies. The file stays: deleting it would let a third one in beside a second one that waits.
/// </summary>
internal sealed class PullLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private PullLock(FileStream file) => _file = file;

    /// <summary>Waits until the lock is free.</summary>
    /// <param name="path">The lock's file, in a folder that exists.</param>
    /// <param name="waiting">Called once if another process has it.</param>
    /// <param name="cancellation">Ends waiting.</param>
    public static async Task<PullLock> AcquireAsync(string path, Action waiting, CancellationToken cancellation)
    {
        for (bool told = false; ; told = true)
        {
            try
            {
                return new PullLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException exception) when (IsHeld(exception))
            {
                if (!told)
                {
                    waiting();
                }
            }

            await Task.Delay(Pause, cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Whether a file could not be opened because another process has it.</summary>
    internal static bool IsHeld(IOException exception)
    {
        // The low 16 bits are the system's own error: a sharing or lock violation, or EAGAIN.
        int error = exception.HResult & 0xFFFF;
        return OperatingSystem.IsWindows() ? error is 32 or 33
            : OperatingSystem.IsMacOS() || OperatingSystem.IsFreeBSD() ? error == 35
            : error == 11;
    }
}
