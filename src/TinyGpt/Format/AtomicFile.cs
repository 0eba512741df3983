using System.Buffers;

namespace TinyGpt.Format;

/// <summary>Writes files that are either there whole or not at all.</summary>
internal static class AtomicFile
{
    private const string Extension = ".tmp";
    private const int RandomLength = 12; // of Path.GetRandomFileName: eight characters, a point, three characters

    private static readonly SearchValues<char> RandomLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789");

    // An empty file may have been made a moment ago by another process, which is about to lock it.
    private static readonly TimeSpan OldEnough = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Writes a whole file: to a temporary one beside it, which takes its name once it is complete and on the disk. Deletes the temporary files
    /// that killed processes left of the same file.
    /// </summary>
    /// <param name="path">The file; replaced if it exists. Errors name it, never the temporary one.</param>
    /// <param name="write">Writes the content. If it throws, nothing is left over, and an existing file stays.</param>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Sweep(path);
        string temporary = $"{path}.{Path.GetRandomFileName()}{Extension}";
        try
        {
            // Not shared. While it is open, the system stops other processes from taking it for a leftover file.
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception exception)
        {
            TryDelete(temporary);
            if (WithoutTemporaryName(exception, temporary, path) is { } named)
            {
                throw named;
            }

            throw;
        }
    }

    /// <summary>Deletes the temporary files of a file that no process writes any more. What cannot be deleted stays.</summary>
    private static void Sweep(string path)
    {
        string full = Path.GetFullPath(path);
        string name = Path.GetFileName(full);
        string? folder = Path.GetDirectoryName(full);
        if (!Directory.Exists(folder))
        {
            return;
        }

        try
        {
            foreach (string found in Directory.EnumerateFiles(folder))
            {
                if (IsTemporary(Path.GetFileName(found.AsSpan()), name) && IsLeft(found))
                {
                    File.Delete(found);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The folder may not be listed, or another process was faster: the file is written all the same.
        }
    }

    private static bool IsTemporary(ReadOnlySpan<char> found, string name)
    {
        if (found.Length != name.Length + 1 + RandomLength + Extension.Length
            || !found.StartsWith(name, StringComparison.Ordinal) || !found.EndsWith(Extension, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> random = found[name.Length..^Extension.Length];
        return random[0] == '.' && random[9] == '.'
            && !random[1..9].ContainsAnyExcept(RandomLetters) && !random[10..].ContainsAnyExcept(RandomLetters);
    }

    /// <summary>Whether no process has a temporary file open.</summary>
    private static bool IsLeft(string path)
    {
        try
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            return stream.Length > 0 || DateTime.UtcNow - File.GetLastWriteTimeUtc(path) > OldEnough;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // What went wrong before matters more.
        }
    }

    /// <summary>The same error about the file that the caller knows, or null if it does not speak of the temporary one.</summary>
    private static Exception? WithoutTemporaryName(Exception exception, string temporary, string path)
    {
        string message = exception.Message
            .Replace(Path.GetFullPath(temporary), path, StringComparison.Ordinal).Replace(temporary, path, StringComparison.Ordinal);
        return message == exception.Message ? null : exception switch
        {
            UnauthorizedAccessException => new UnauthorizedAccessException(message, exception) { HResult = exception.HResult },
            DirectoryNotFoundException => new DirectoryNotFoundException(message, exception) { HResult = exception.HResult },
            FileNotFoundException => new FileNotFoundException(message, path, exception) { HResult = exception.HResult },
            IOException => new IOException(message, exception) { HResult = exception.HResult },
            _ => null,
        };
    }
}
