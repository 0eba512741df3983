namespace TinyGpt.Tavern.Corpus;

/// <summary>A line of a text file breaks the file's format. The message begins with <c>FILE:LINE:</c> and says what to change.</summary>
internal sealed class TextFormatException(string file, int line, string fault) : Exception($"{file}:{line}: {fault}")
{
    /// <summary>The file's name.</summary>
    public string File { get; } = file;

    /// <summary>The line's number, from 1.</summary>
    public int Line { get; } = line;
}
