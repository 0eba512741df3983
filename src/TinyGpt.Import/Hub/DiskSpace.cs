namespace TinyGpt.Import.Hub;

/// <summary>Knows how much a disk still takes.</summary>
internal static class DiskSpace
{
    /// <summary>The bytes that this user may still write where a folder is, or null if the system does not tell.</summary>
    public static long? Free(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null; // a network share without a drive letter, for one
        }
    }

    /// <summary>Refuses work for which there is no room, before it is begun.</summary>
    /// <param name="folder">Where the files will be.</param>
    /// <param name="needed">Their bytes.</param>
    /// <param name="freeSpace">Tells what is free.</param>
    /// <exception cref="HubException">There is less.</exception>
    public static void Require(string folder, long needed, Func<string, long?> freeSpace)
    {
        if (needed > 0 && freeSpace(folder) is { } free && free < needed)
        {
            throw new HubException(
                null, null, $"{folder}: {Mebibytes(needed)} MiB are needed, and {free >> 20} MiB are free",
                $"make room, or set {HubCache.FolderVariable} to a folder on another disk");
        }
    }

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;
}
