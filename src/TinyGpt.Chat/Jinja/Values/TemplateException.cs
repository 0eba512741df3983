namespace TinyGpt.Chat;

/// <summary>A chat template cannot be read or rendered. Immutable and thread-safe.</summary>
/// <param name="kind">What is wrong.</param>
/// <param name="problem">The problem in one line.</param>
/// <param name="line">The line of the template, from 1; 0 where there is none.</param>
/// <param name="column">The column in UTF-16 characters, from 1; 0 where there is none.</param>
public sealed class TemplateException(TemplateErrorKind kind, string problem, int line = 0, int column = 0)
    : Exception(line == 0 ? $"Chat template: {problem}" : $"Chat template, line {line}, column {column}: {problem}")
{
    /// <summary>What is wrong.</summary>
    public TemplateErrorKind Kind { get; } = kind;

    /// <summary>The problem, without its place.</summary>
    public string Problem { get; } = problem;

    /// <summary>The line of the template, from 1; 0 where there is none.</summary>
    public int Line { get; } = line;

    /// <summary>The column in UTF-16 characters, from 1; 0 where there is none.</summary>
    public int Column { get; } = column;
}
