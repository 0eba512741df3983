namespace TinyGpt.Samples.Tavern;

/// <summary>Cuts a text at spaces into lines of at most a width, without allocating.</summary>
internal ref struct LineWrap(ReadOnlySpan<char> text, int width)
{
    private ReadOnlySpan<char> _rest = text;

    /// <summary>The line.</summary>
    public ReadOnlySpan<char> Current { get; private set; }

    /// <summary>How many lines a text takes, and how long the longest is.</summary>
    public static int Count(ReadOnlySpan<char> text, int width, out int longest)
    {
        int lines = 0;
        longest = 0;
        LineWrap wrap = new(text, width);
        while (wrap.MoveNext())
        {
            lines++;
            longest = Math.Max(longest, wrap.Current.Length);
        }

        return lines;
    }

    /// <summary>Goes to the next line.</summary>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        if (_rest.Length <= width)
        {
            Current = _rest;
            _rest = [];
            return true;
        }

        int space = _rest[..(width + 1)].LastIndexOf(' ');
        int length = space > 0 ? space : width;
        Current = _rest[..length];
        _rest = _rest[length..].TrimStart(' ');
        return true;
    }
}
