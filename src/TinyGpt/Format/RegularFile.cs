namespace TinyGpt.Format;

/// <summary>Refuses what is no file with content before it is opened: opening a pipe waits for a writer, and a device never ends.</summary>
internal static class RegularFile
{
    /// <summary>Checks that a path, if it names anything, names a file with content.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="ModelFormatException">It names an empty file, a pipe or a device; these have no length.</exception>
    public static void Require(string path)
    {
        FileInfo file = new(path);
        if (file.Exists && (file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo)?.Length == 0)
        {
            throw new ModelFormatException(path, "too short for a model file: 0 bytes, as an empty file, a pipe or a device has");
        }
    }
}
