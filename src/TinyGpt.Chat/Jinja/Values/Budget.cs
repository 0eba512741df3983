using System.Runtime.CompilerServices;

namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Counts what one rendering uses. Not thread-safe.</summary>
internal sealed class Budget(TemplateLimits limits)
{
    private const int CharactersOfStep = 64;

    private long _steps = limits.MaxSteps;
    private long _characters = limits.MaxTextLength;
    private int _depth;

    /// <summary>Counts steps.</summary>
    /// <exception cref="TemplateException">There were too many.</exception>
    internal void Step(long steps = 1)
    {
        _steps -= steps;
        if (_steps < 0)
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"it takes more than {limits.MaxSteps} steps");
        }
    }

    /// <summary>Counts the characters of a text before it is made.</summary>
    internal void Characters(long count)
    {
        _characters -= count;
        if (_characters < 0)
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"its texts are longer than {limits.MaxTextLength} characters together");
        }

        Step(1 + count / CharactersOfStep);
    }

    /// <summary>Counts characters that are read but not kept.</summary>
    internal void Scan(long count) => Step(1 + count / CharactersOfStep);

    /// <summary>Counts a search for a text in another, whose worst case is their product.</summary>
    internal void Search(int length, int partLength) => Scan(length + ((long)length * partLength / 256));

    /// <summary>Counts elements of a list before it is made.</summary>
    internal void Elements(long count) => Step(1 + 4 * count);

    /// <summary>Goes one level deeper.</summary>
    internal void Enter()
    {
        if (++_depth > limits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"it is nested too deep, more than {limits.MaxDepth} levels or than the stack has room");
        }

        Step();
    }

    internal void Leave() => _depth--;

    internal void CheckOutput(int length)
    {
        if (length > limits.MaxOutputLength)
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"its output is longer than {limits.MaxOutputLength} characters");
        }
    }
}
