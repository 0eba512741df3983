namespace TinyGpt;

/// <summary>A model, checkpoint or tokenizer file is damaged, contradicts itself, or uses something that is not supported.</summary>
public sealed class ModelFormatException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="file">The file's path, or a name for a stream or memory.</param>
    /// <param name="reason">What is wrong and, where there is one, the fix.</param>
    /// <param name="offset">The byte where it is, or null if it is no single place.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ModelFormatException(string file, string reason, long? offset = null, Exception? innerException = null)
        : base(offset is { } at ? $"{file}: at byte {at}: {reason}" : $"{file}: {reason}", innerException)
    {
        File = file;
        Reason = reason;
        Offset = offset;
    }

    /// <summary>The file's path, or a name for a stream or memory.</summary>
    public string File { get; }

    /// <summary>What is wrong, without the file's name.</summary>
    public string Reason { get; }

    /// <summary>The byte where it is wrong, or null if it is no single place.</summary>
    public long? Offset { get; }
}
