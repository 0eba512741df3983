namespace TinyGpt.Chat.Jinja.Values;

/// <summary>
/// A string that knows which of its characters the template wrote, and which came from a message. Only what the template wrote can become a
/// special token. Immutable.
/// </summary>
internal sealed class TrackedText
{
    private static readonly int[] NoCuts = []; // before Empty, which is made of it

    internal static readonly TrackedText Empty = new("", true);

    private readonly int[] _cuts; // where the origin changes, ascending, within the text
    private bool? _hasSurrogates;

    internal TrackedText(string value, bool isTemplate, bool isMarkup = false)
        : this(value, isTemplate, NoCuts, isMarkup)
    {
    }

    internal TrackedText(string value, bool startsAsTemplate, int[] cuts, bool isMarkup = false)
    {
        Value = value;
        StartsAsTemplate = startsAsTemplate;
        _cuts = cuts;
        IsMarkup = isMarkup;
    }

    internal string Value { get; }

    internal bool StartsAsTemplate { get; }

    /// <summary>Whether the text went through <c>safe</c> or <c>escape</c>: what is added to it is escaped.</summary>
    internal bool IsMarkup { get; }

    /// <summary>UTF-16 characters.</summary>
    internal int Length => Value.Length;

    internal bool IsUniform => _cuts.Length == 0;

    /// <summary>Whether every character is the template's.</summary>
    internal bool IsTemplate => IsUniform && StartsAsTemplate;

    internal ReadOnlySpan<int> Cuts => _cuts;

    /// <summary>Whether characters beyond 16 bits make positions in code points differ from those in UTF-16.</summary>
    internal bool HasSurrogates => _hasSurrogates ??= Value.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0;

    internal TrackedText AsMarkup(bool isMarkup = true) => isMarkup == IsMarkup ? this : new(Value, StartsAsTemplate, _cuts, isMarkup);

    /// <summary>The same origins with another text of the same length; all of it counts as content where lengths differ and origins are mixed.</summary>
    internal TrackedText WithValue(string value) =>
        IsUniform ? new(value, StartsAsTemplate, IsMarkup)
        : value.Length == Length ? new(value, StartsAsTemplate, _cuts, IsMarkup)
        : new(value, false, IsMarkup);

    internal TrackedText Slice(int start, int length)
    {
        if (start == 0 && length == Length)
        {
            return this;
        }

        string value = Value.Substring(start, length);
        if (IsUniform)
        {
            return new(value, StartsAsTemplate, IsMarkup);
        }

        int first = UpperBound(start);
        int last = first;
        while (last < _cuts.Length && _cuts[last] < start + length)
        {
            last++;
        }

        int[] cuts = _cuts[first..last];
        for (int i = 0; i < cuts.Length; i++)
        {
            cuts[i] -= start;
        }

        return new(value, IsTemplateAfter(first), cuts, IsMarkup);
    }

    internal TrackedText Slice(int start) => Slice(start, Length - start);

    public override string ToString() => Value;

    private bool IsTemplateAfter(int cuts) => StartsAsTemplate ^ ((cuts & 1) != 0);

    /// <summary>How many cuts are at or before a position.</summary>
    private int UpperBound(int position)
    {
        int index = Array.BinarySearch(_cuts, position);
        return index >= 0 ? index + 1 : ~index;
    }
}
