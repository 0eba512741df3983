using TinyGpt.Import.Hub;

namespace TinyGpt.Training;

/// <summary>
/// Keeps a second training out of a folder, and proves that the folder can be written to before any work is done for it. The system lets go
/// of it when the process dies. Used by one thread at a time.
/// </summary>
public sealed class TrainingLock : IDisposable
{
    private const string FileName = "training.lock";

    private readonly FileStream _file;
    private readonly string _folder;
    private readonly bool _isNew;

    private TrainingLock(FileStream file, string folder, bool isNew)
    {
        _file = file;
        _folder = folder;
        _isNew = isNew;
    }

    /// <summary>Takes a folder, which is made if it does not exist.</summary>
    /// <param name="folder">The training's folder.</param>
    /// <exception cref="TrainingDataException">Another training is under way in it.</exception>
    /// <exception cref="IOException">It cannot be made or written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be made or written to.</exception>
    public static TrainingLock Take(string folder)
    {
        bool isNew = !Directory.Exists(folder);
        Directory.CreateDirectory(folder);
        try
        {
            FileStream file = new(
                Path.Combine(folder, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            return new TrainingLock(file, folder, isNew);
        }
        catch (IOException exception) when (PullLock.IsHeld(exception))
        {
            throw new TrainingDataException(folder, "another training is under way in this folder; wait for its end, or name another folder");
        }
    }

    /// <summary>Lets go of the folder, which disappears if it was made for nothing.</summary>
    public void Dispose()
    {
        _file.Dispose();
        if (_isNew && Directory.Exists(_folder) && !Directory.EnumerateFileSystemEntries(_folder).Any())
        {
            Directory.Delete(_folder);
        }
    }
}
