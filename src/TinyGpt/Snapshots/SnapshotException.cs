namespace TinyGpt;

/// <summary>A saved session is damaged, or belongs to another model. Nothing was changed.</summary>
/// <param name="source">The file's path, or a name for a stream.</param>
/// <param name="reason">What is wrong.</param>
/// <param name="innerException">The cause, or null.</param>
public sealed class SnapshotException(string source, string reason, Exception? innerException = null)
    : Exception($"{source}: {reason}", innerException)
{
    /// <summary>The file's path, or a name for a stream.</summary>
    public string File { get; } = source;

    /// <summary>What is wrong, without the file's name.</summary>
    public string Reason { get; } = reason;
}
