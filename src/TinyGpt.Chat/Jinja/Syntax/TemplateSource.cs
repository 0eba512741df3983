namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>A template's text with its line ends as line feeds and without the last one.</summary>
internal sealed class TemplateSource
{
    private readonly int[] _lineStarts;

    internal TemplateSource(string text)
    {
        Text = text.Contains('\r', StringComparison.Ordinal)
            ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
            : text;
        if (Text.EndsWith('\n'))
        {
            Text = Text[..^1];
        }

        List<int> starts = [0];
        for (int i = 0; i < Text.Length; i++)
        {
            if (Text[i] == '\n')
            {
                starts.Add(i + 1);
            }
        }

        _lineStarts = [.. starts];
    }

    internal string Text { get; }

    /// <summary>The line and column of a position, each from 1.</summary>
    internal (int Line, int Column) Place(int offset)
    {
        int index = Array.BinarySearch(_lineStarts, offset);
        int line = index >= 0 ? index : ~index - 1;
        return (line + 1, offset - _lineStarts[line] + 1);
    }

    internal TemplateException Fail(int offset, string problem, TemplateErrorKind kind = TemplateErrorKind.Syntax)
    {
        (int line, int column) = Place(offset);
        return new TemplateException(kind, problem, line, column);
    }
}
