using TinyGpt.Format;

namespace TinyGpt.Import.Checkpoints;

/// <summary>Reads small files of unknown origin.</summary>
internal static class BoundedFile
{
    /// <summary>Reads a whole file that must not be larger than a limit.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">The limit in bytes.</param>
    /// <returns>The content; nothing where the file is empty, a pipe or a device.</returns>
    /// <exception cref="ModelFormatException">It is longer.</exception>
    public static byte[] Read(string path, int longest)
    {
        if (RegularFile.Problem(path) is not null)
        {
            return []; // nothing that never ends is opened; what reads the content says that there is none
        }

        using FileStream stream = File.OpenRead(path);
        if (stream.Length > longest)
        {
            throw new ModelFormatException(path, $"{stream.Length} bytes, and at most {longest} are accepted");
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
