namespace TinyGpt.Import.Tokenizers;

/// <summary>A place in a file, for messages.</summary>
/// <param name="File">The file's path.</param>
/// <param name="Offset">The byte where it begins, or null if it is no single place.</param>
internal readonly record struct FilePlace(string File, long? Offset)
{
    /// <summary>The error that something is wrong here.</summary>
    internal ModelFormatException Error(string reason, Exception? cause = null) => new(File, reason, Offset, cause);
}
