namespace TinyGpt.Import;

/// <summary>Reads small files of unknown origin.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a whole file that must not be larger than a limit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The limit in bytes.</param>
    /// <exception cref="ModelFormatException">It is longer.</exception>
    public static byte[] Read(string path, int longest)
    {
        long length = new FileInfo(path).Length;
        return length == 0 && File.Exists(path) ? [] // a pipe or a device, which may never end, has no length either
            : length <= longest ? File.ReadAllBytes(path)
            : throw new ModelFormatException(path, $"{length} bytes, and at most {longest} are accepted");
    }
}
