namespace TinyGpt.Format;

/// <summary>Writes files that are either there whole or not at all.</summary>
internal static class AtomicFile
{
    /// <summary>Writes a whole file: to a temporary one beside it, which takes its name once it is complete and on the disk.</summary>
    /// <param name="path">The file; replaced if it exists.</param>
    /// <param name="write">Writes the content. If it throws, nothing is left behind, and a file that was there stays.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string temporary = $"{path}.{Path.GetRandomFileName()}.tmp";
        try
        {
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
