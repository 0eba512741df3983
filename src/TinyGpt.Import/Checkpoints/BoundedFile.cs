using TinyGpt.Format;

namespace TinyGpt.Import;

/// <summary>Reads small files of unknown origin.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a whole file that must not be larger than a limit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The limit in bytes.</param>
    /// <exception cref="ModelFormatException">It is longer, empty, a pipe or a device.</exception>
    public static byte[] Read(string path, int longest)
    {
        using FileStream stream = RegularFile.OpenModel(path, bufferSize: 0);
        if (stream.Length > longest)
        {
            throw new ModelFormatException(path, $"{stream.Length} bytes, and at most {longest} are accepted");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
