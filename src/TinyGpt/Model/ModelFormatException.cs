namespace TinyGpt;

/// <summary>A model, checkpoint or tokenizer file is damaged, contradicts itself, or uses something that is not supported.</summary>
public sealed class ModelFormatException : Exception
{
    private const int LongestReason = 1000;

    /// <summary>Makes the exception.</summary>
    /// <param name="file">The file's path, or a name for a stream or memory.</param>
    /// <param name="reason">What is wrong and, where there is one, the fix.</param>
    /// <param name="offset">The byte where it is, or null if it is no single place.</param>
    /// <param name="innerException">The cause, or null.</param>
    public ModelFormatException(string file, string reason, long? offset = null, Exception? innerException = null)
        : base(offset is { } at ? $"{file}: at byte {at}: {Shorten(reason)}" : $"{file}: {Shorten(reason)}", innerException)
    {
        File = file;
        Reason = Shorten(reason);
        Offset = offset;
    }

    /// <summary>The file's path, or a name for a stream or memory.</summary>
    public string File { get; }

    /// <summary>What is wrong, without the file's name.</summary>
    public string Reason { get; }

    /// <summary>The byte where it is wrong, or null if it is no single place.</summary>
    public long? Offset { get; }

    // A reason quotes names from the file, which may be long; what it says of them is at its end.
    private static string Shorten(string reason) =>
        reason.Length <= LongestReason ? reason : $"{reason.AsSpan(0, LongestReason / 2)} … {reason.AsSpan(reason.Length - (LongestReason / 2))}";
}
