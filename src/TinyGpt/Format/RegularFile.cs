namespace TinyGpt.Format;

/// <summary>
/// Opens files of unknown origin. A pipe would make the reader wait for ever and a device has no end, so both are refused before they are
/// opened.
/// </summary>
internal static class RegularFile
{
    /// <summary>What is wrong with a path that is no regular file, or null.</summary>
    /// <param name="path">A path.</param>
    /// <returns>The problem, without the path. Null also where there is nothing: opening says so.</returns>
    public static string? Problem(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        // The system says that pipes and devices have 0 bytes. What /dev/stdin leads to may have no place in a folder at all.
        FileInfo file = new(path);
        FileInfo target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return target.Exists && target.Length > 0 ? null : "too short for a model file: 0 bytes, as an empty file, a pipe or a device has";
    }

    /// <summary>Whether a path names a regular file with these first bytes.</summary>
    public static bool BeginsWith(string path, ReadOnlySpan<byte> magic)
    {
        if (!File.Exists(path) || Problem(path) is not null)
        {
            return false;
        }

        using FileStream stream = File.OpenRead(path);
        Span<byte> first = stackalloc byte[magic.Length];
        return stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false) == first.Length && first.SequenceEqual(magic);
    }

    /// <summary>Opens a regular file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="refusal">Makes the error of the path and the problem.</param>
    /// <param name="bufferSize">Bytes that are read at once.</param>
    public static FileStream OpenRead(string path, Func<string, string, Exception> refusal, int bufferSize = 4096) =>
        Problem(path) is { } problem
            ? throw refusal(path, problem)
            : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize);

    /// <summary>Opens a regular file of a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bufferSize">Bytes that are read at once.</param>
    /// <exception cref="ModelFormatException">It is empty, a pipe or a device.</exception>
    public static FileStream OpenModel(string path, int bufferSize = 4096) =>
        OpenRead(path, static (file, problem) => new ModelFormatException(file, problem), bufferSize);
}
