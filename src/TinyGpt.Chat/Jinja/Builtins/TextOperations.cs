using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Operations on texts that keep where each character comes from.</summary>
internal static class TextOperations
{
    internal static TrackedText Strip(TrackedText text, string? characters, bool left, bool right, Budget budget)
    {
        budget.Scan(text.Length);
        bool Strips(char c) => characters is null ? Characters.IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);
        int start = 0;
        int end = text.Length;
        while (left && start < end && Strips(text.Value[start]))
        {
            start++;
        }

        while (right && end > start && Strips(text.Value[end - 1]))
        {
            end--;
        }

        budget.Characters(end - start);
        return text.Slice(start, end - start);
    }

    /// <summary>Splits at white space where there is no separator.</summary>
    internal static List<object> Split(TrackedText text, string? separator, int most, bool fromRight, Budget budget)
    {
        budget.Characters(text.Length);
        List<object> parts = separator is null
            ? fromRight ? SplitSpacesFromRight(text, most, budget) : SplitSpaces(text, most, budget)
            : fromRight ? SplitFromRight(text, separator, most, budget) : SplitAt(text, separator, most, budget);
        return parts;
    }

    internal static List<object> SplitLines(TrackedText text, bool keepEnds, Budget budget)
    {
        budget.Characters(text.Length);
        List<object> lines = [];
        for (int start = 0; start < text.Length;)
        {
            int end = start;
            while (end < text.Length && !Characters.EndsLine(text.Value[end]))
            {
                end++;
            }

            int next = end == text.Length ? end
                : text.Value[end] == '\r' && end + 1 < text.Length && text.Value[end + 1] == '\n' ? end + 2 : end + 1;
            budget.Elements(1);
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
        }

        return lines;
    }

    internal static TrackedText Replace(TrackedText text, TrackedText old, TrackedText replacement, int most, Budget budget)
    {
        budget.Search(text.Length, old.Length);
        TrackedTextBuilder result = new(budget);
        int start = 0;
        int count = 0;
        if (old.Length == 0)
        {
            while (most < 0 || count < most)
            {
                result.Append(replacement);
                count++;
                if (start >= text.Length)
                {
                    break;
                }

                int length = Characters.LengthAt(text.Value, start);
                result.Append(text.Slice(start, length));
                start += length;
            }
        }
        else
        {
            while ((most < 0 || count < most) && text.Value.IndexOf(old.Value, start, StringComparison.Ordinal) is >= 0 and int at)
            {
                result.Append(text.Slice(start, at - start));
                result.Append(replacement);
                start = at + old.Length;
                count++;
            }
        }

        if (count == 0)
        {
            return text;
        }

        result.Append(text.Slice(start));
        return result.Finish(text.IsMarkup);
    }

    internal static TrackedText Join(TrackedText separator, IReadOnlyList<object> items, Operations operations)
    {
        TrackedTextBuilder result = new(operations.Budget);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0)
            {
                result.Append(separator);
            }

            result.Append(operations.ToText(items[i]));
        }

        return result.Finish();
    }

    internal static TrackedText Repeat(TrackedText text, Int128 count, Budget budget)
    {
        if (count <= 0 || text.Length == 0)
        {
            return TrackedText.Empty;
        }

        if (text.Length * count > int.MaxValue)
        {
            throw new TemplateException(TemplateErrorKind.Limit, "a text is repeated too often");
        }

        TrackedTextBuilder result = new(budget);
        for (int i = 0; i < (int)count; i++)
        {
            result.Append(text);
        }

        return result.Finish(text.IsMarkup);
    }

    /// <summary>Fills a text up to a width.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The width in code points.</param>
    /// <param name="fill">What it is filled with.</param>
    /// <param name="before">0 for all of the filling after the text, 1 for all of it before, 2 for one half each.</param>
    /// <param name="budget">What counts the work.</param>
    internal static TrackedText Pad(TrackedText text, int width, char fill, int before, Budget budget)
    {
        int missing = width - Characters.Count(text, budget);
        if (missing <= 0)
        {
            return text;
        }

        budget.Characters(missing);
        int left = before switch { 0 => 0, 1 => missing, _ => (missing / 2) + (missing & width & 1) };
        TrackedTextBuilder result = new(budget);
        result.Append(new string(fill, left), isTemplate: true);
        result.Append(text);
        result.Append(new string(fill, missing - left), isTemplate: true);
        return result.Finish(text.IsMarkup);
    }

    internal static TrackedText Upper(TrackedText text, Budget budget)
    {
        budget.Characters(text.Length);
        string upper = text.Value.ToUpperInvariant();
        return text.WithValue(upper.Contains('ß', StringComparison.Ordinal) ? upper.Replace("ß", "SS", StringComparison.Ordinal) : upper);
    }

    internal static TrackedText Lower(TrackedText text, Budget budget)
    {
        budget.Characters(text.Length);
        return text.WithValue(text.Value.ToLowerInvariant());
    }

    internal static TrackedText Capitalize(TrackedText text, Budget budget)
    {
        budget.Characters(text.Length);
        int first = text.Length == 0 ? 0 : Characters.LengthAt(text.Value, 0);
        return text.WithValue(text.Value[..first].ToUpperInvariant() + text.Value[first..].ToLowerInvariant());
    }

    /// <summary>The method <c>title</c>: a letter after one that is none is large.</summary>
    internal static TrackedText Title(TrackedText text, Func<char, bool> isBoundary, Budget budget)
    {
        budget.Characters(text.Length);
        char[] result = new char[text.Length];
        bool startsWord = true;
        for (int i = 0; i < result.Length; i++)
        {
            char c = text.Value[i];
            result[i] = startsWord ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c);
            startsWord = isBoundary(c);
        }

        return text.WithValue(new string(result));
    }

    internal static TrackedText Escape(TrackedText text, Budget budget)
    {
        if (text.IsMarkup)
        {
            return text;
        }

        TrackedTextBuilder result = new(budget);
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            string? escaped = text.Value[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '\'' => "&#39;", '"' => "&#34;", _ => null };
            if (escaped is not null)
            {
                result.Append(text.Slice(start, i - start));
                result.Append(escaped, isTemplate: false);
                start = i + 1;
            }
        }

        result.Append(text.Slice(start));
        return result.Finish(isMarkup: true);
    }

    private static List<object> SplitAt(TrackedText text, string separator, int most, Budget budget)
    {
        RequireSeparator(separator);
        budget.Search(text.Length, separator.Length);
        List<object> parts = [];
        int start = 0;
        while ((most < 0 || parts.Count < most) && text.Value.IndexOf(separator, start, StringComparison.Ordinal) is >= 0 and int at)
        {
            budget.Elements(1);
            parts.Add(text.Slice(start, at - start));
            start = at + separator.Length;
        }

        parts.Add(text.Slice(start));
        return parts;
    }

    private static List<object> SplitFromRight(TrackedText text, string separator, int most, Budget budget)
    {
        RequireSeparator(separator);
        budget.Search(text.Length, separator.Length);
        List<object> parts = [];
        int end = text.Length;
        while ((most < 0 || parts.Count < most) && text.Value.AsSpan(0, end).LastIndexOf(separator, StringComparison.Ordinal) is >= 0 and int at)
        {
            budget.Elements(1);
            parts.Add(text.Slice(at + separator.Length, end - at - separator.Length));
            end = at;
        }

        parts.Add(text.Slice(0, end));
        parts.Reverse();
        return parts;
    }

    private static List<object> SplitSpaces(TrackedText text, int most, Budget budget)
    {
        List<object> parts = [];
        int at = 0;
        while (true)
        {
            while (at < text.Length && Characters.IsSpace(text.Value[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                return parts;
            }

            budget.Elements(1);
            if (most >= 0 && parts.Count == most)
            {
                parts.Add(text.Slice(at)); // the rest keeps its spaces at the end, as in Python
                return parts;
            }

            int start = at;
            while (at < text.Length && !Characters.IsSpace(text.Value[at]))
            {
                at++;
            }

            parts.Add(text.Slice(start, at - start));
        }
    }

    private static List<object> SplitSpacesFromRight(TrackedText text, int most, Budget budget)
    {
        List<object> parts = [];
        int end = text.Length;
        while (true)
        {
            while (end > 0 && Characters.IsSpace(text.Value[end - 1]))
            {
                end--;
            }

            if (end == 0)
            {
                break;
            }

            budget.Elements(1);
            if (most >= 0 && parts.Count == most)
            {
                parts.Add(text.Slice(0, end));
                break;
            }

            int last = end;
            while (end > 0 && !Characters.IsSpace(text.Value[end - 1]))
            {
                end--;
            }

            parts.Add(text.Slice(end, last - end));
        }

        parts.Reverse();
        return parts;
    }

    private static void RequireSeparator(string separator)
    {
        if (separator.Length == 0)
        {
            throw new TemplateException(TemplateErrorKind.Value, "a text cannot be split at nothing");
        }
    }
}
