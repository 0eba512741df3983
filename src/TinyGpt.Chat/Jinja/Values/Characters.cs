using System.Globalization;
using System.Text;

namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Characters and positions as Python counts them: by code points.</summary>
internal static class Characters
{
    internal static bool IsSpace(char c) => c is (>= '\x1c' and <= '\x1f') || char.IsWhiteSpace(c);

    /// <summary>Whether a character ends a line for <c>splitlines</c>.</summary>
    internal static bool EndsLine(char c) => c is '\n' or '\r' or '\v' or '\f' or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';

    /// <summary>The length in code points.</summary>
    internal static int Count(TrackedText text, Budget budget)
    {
        if (!text.HasSurrogates)
        {
            return text.Length;
        }

        budget.Scan(text.Length);
        int count = text.Length;
        for (int i = 0; i + 1 < text.Length; i++)
        {
            if (char.IsSurrogatePair(text.Value[i], text.Value[i + 1]))
            {
                count--;
                i++;
            }
        }

        return count;
    }

    /// <summary>Where a code point begins in UTF-16.</summary>
    /// <param name="text">The text.</param>
    /// <param name="index">0 to the text's length in code points.</param>
    /// <param name="budget">What counts the work.</param>
    internal static int Offset(TrackedText text, int index, Budget budget)
    {
        if (!text.HasSurrogates)
        {
            return index;
        }

        budget.Scan(text.Length);
        int offset = 0;
        for (; index > 0; index--)
        {
            offset += LengthAt(text.Value, offset);
        }

        return offset;
    }

    internal static int LengthAt(string text, int offset) =>
        offset + 1 < text.Length && char.IsSurrogatePair(text[offset], text[offset + 1]) ? 2 : 1;

    /// <summary>The characters of a text, each a text.</summary>
    internal static List<object> Split(TrackedText text, Budget budget)
    {
        budget.Elements(4L * text.Length);
        List<object> characters = [];
        for (int offset = 0; offset < text.Length;)
        {
            int length = LengthAt(text.Value, offset);
            characters.Add(text.Slice(offset, length));
            offset += length;
        }

        return characters;
    }

    /// <summary>A text as Python writes it in its own source.</summary>
    internal static void AppendRepr(string text, StringBuilder into)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        into.Append(quote);
        for (int offset = 0; offset < text.Length;)
        {
            int length = LengthAt(text, offset);
            char c = text[offset];
            string? escape = c switch
            {
                '\\' => @"\\",
                '\n' => @"\n",
                '\r' => @"\r",
                '\t' => @"\t",
                _ when c == quote => "\\" + quote,
                _ => null,
            };
            if (escape is not null)
            {
                into.Append(escape);
            }
            else if (length == 2)
            {
                int point = char.ConvertToUtf32(c, text[offset + 1]);
                _ = IsPrintable(CharUnicodeInfo.GetUnicodeCategory(point)) ? into.Append(text, offset, 2) : into.Append($"\\U{point:x8}");
            }
            else if (c == ' ' || IsPrintable(CharUnicodeInfo.GetUnicodeCategory(c)))
            {
                into.Append(c);
            }
            else
            {
                into.Append(c < 0x100 ? $"\\x{(int)c:x2}" : $"\\u{(int)c:x4}");
            }

            offset += length;
        }

        into.Append(quote);
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator
        or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
