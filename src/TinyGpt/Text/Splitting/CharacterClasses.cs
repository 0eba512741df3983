using System.Buffers;
using System.Globalization;
using System.Text;

namespace TinyGpt.Text.Splitting;

/// <summary>The classes of characters that the splitting patterns know.</summary>
internal enum CharacterClass : byte
{
    /// <summary>What is in no other class, and bytes that are not valid UTF-8.</summary>
    Other,

    /// <summary><c>\p{L}</c>.</summary>
    Letter,

    /// <summary><c>\p{N}</c>.</summary>
    Number,

    /// <summary><c>\s</c>.</summary>
    Space,
}

/// <summary>Classifies characters of UTF-8 text.</summary>
internal static class CharacterClasses
{
    /// <summary>The class of the character that a text begins with, and its length in bytes.</summary>
    /// <param name="text">The text, not empty.</param>
    /// <param name="length">1 to 4; of what is not valid UTF-8, the maximal subpart.</param>
    internal static CharacterClass Classify(ReadOnlySpan<byte> text, out int length)
    {
        byte first = text[0];
        if (first < 0x80)
        {
            length = 1;
            return ClassifyAscii(first);
        }

        if (Rune.DecodeFromUtf8(text, out Rune rune, out length) != OperationStatus.Done)
        {
            return CharacterClass.Other;
        }

        if (Rune.IsWhiteSpace(rune))
        {
            return CharacterClass.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber => CharacterClass.Number,
            _ => CharacterClass.Other,
        };
    }

    /// <summary>The end of the run of one class that contains <paramref name="end"/>.</summary>
    internal static int EndOfRun(ReadOnlySpan<byte> text, int end, CharacterClass kind)
    {
        while (end < text.Length && Classify(text[end..], out int length) == kind)
        {
            end += length;
        }

        return end;
    }

    private static CharacterClass ClassifyAscii(byte value) =>
        (uint)((value | 0x20) - 'a') <= 'z' - 'a' ? CharacterClass.Letter
        : (uint)(value - '0') <= 9 ? CharacterClass.Number
        : value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r') ? CharacterClass.Space
        : CharacterClass.Other;
}
