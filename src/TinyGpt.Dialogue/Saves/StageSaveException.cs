namespace TinyGpt.Dialogue;

/// <summary>
/// A saved stage is damaged, or belongs to another model, or does not fit the options. Its own members are immutable and thread-safe.
/// </summary>
/// <param name="source">The name of where it came from, such as a file's path.</param>
/// <param name="reason">What is wrong, and where it can be mended how.</param>
/// <param name="innerException">The cause, or null.</param>
public sealed class StageSaveException(string source, string reason, Exception? innerException = null)
    : Exception($"{source}: {reason}", innerException)
{
    /// <summary>The name of where it came from, as given to <see cref="DialogueStage.Restore"/>.</summary>
    public string File { get; } = source;

    /// <summary>What is wrong, without the name.</summary>
    public string Reason { get; } = reason;
}
