namespace TinyGpt.Dialogue;

/// <summary>A persona is not valid. The exception's own members are immutable and thread-safe.</summary>
/// <param name="file">The file's path, or a name for it.</param>
/// <param name="path">Where in the persona, as a JSON path: <c>$.facts.Trade</c>.</param>
/// <param name="problem">What is wrong there and what to write instead.</param>
/// <param name="innerException">The cause, or null.</param>
public sealed class PersonaException(string file, string path, string problem, Exception? innerException = null)
    : Exception($"{file}: {path} {problem}", innerException)
{
    /// <summary>The file's path, or a name for it: the name that was given to the reader, or the character's.</summary>
    public string File { get; } = file;

    /// <summary>Where in the persona, as a JSON path: <c>$.facts.Trade</c>. <c>$</c> is the whole.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong there and what to write instead.</summary>
    public string Problem { get; } = problem;
}
