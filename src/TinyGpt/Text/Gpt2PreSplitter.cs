using System.Buffers;
using System.Globalization;
using System.Text;

namespace TinyGpt.Text;

/// <summary>
/// Splits text into the pieces that GPT-2 merges within: a hand-written scanner for the published pattern
/// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c> over UTF-8 bytes.
/// </summary>
/// <remarks>
/// Bytes that are not valid UTF-8 count as characters that are neither letter, number nor space, so that they stay in the pieces
/// byte for byte. The pattern never looks back: splitting may start anew at the end of any piece.
/// </remarks>
internal static class Gpt2PreSplitter
{
    private enum CharacterClass : byte
    {
        Other,
        Letter,
        Number,
        Space,
    }

    /// <summary>The length in bytes of the piece that a text begins with.</summary>
    /// <param name="text">The rest of the text, not empty.</param>
    internal static int FirstPiece(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && Contraction(text) is var contraction and > 0)
        {
            return contraction;
        }

        int start = text[0] == ' ' ? 1 : 0; // the pattern's " ?": one plain space belongs to what follows it
        if (start < text.Length)
        {
            CharacterClass kind = Classify(text[start..], out int length);
            if (kind != CharacterClass.Space)
            {
                return Run(text, start + length, kind);
            }
        }

        return Spaces(text);
    }

    /// <summary>The length of <c>'s 't 're 've 'm 'll 'd</c> at the start of a text, or 0. Lower case only, as in the pattern.</summary>
    private static int Contraction(ReadOnlySpan<byte> text) => text.Length < 2 ? 0 : text[1] switch
    {
        (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' => 2,
        (byte)'r' or (byte)'v' when text.Length > 2 && text[2] == 'e' => 3,
        (byte)'l' when text.Length > 2 && text[2] == 'l' => 3,
        _ => 0,
    };

    /// <summary>Where the run of one class ends that <paramref name="end"/> lies in.</summary>
    private static int Run(ReadOnlySpan<byte> text, int end, CharacterClass kind)
    {
        while (end < text.Length && Classify(text[end..], out int length) == kind)
        {
            end += length;
        }

        return end;
    }

    /// <summary>
    /// The spaces that a text begins with, without the last of several if something else follows: <c>\s+(?!\S)</c> gives it back.
    /// </summary>
    private static int Spaces(ReadOnlySpan<byte> text)
    {
        int lastStart = 0;
        int end = 0;
        while (end < text.Length)
        {
            if (Classify(text[end..], out int length) != CharacterClass.Space)
            {
                return lastStart > 0 ? lastStart : end;
            }

            lastStart = end;
            end += length;
        }

        return end;
    }

    /// <summary>The class of the character that a text begins with, and its length in bytes.</summary>
    private static CharacterClass Classify(ReadOnlySpan<byte> text, out int length)
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

    private static CharacterClass ClassifyAscii(byte value) =>
        (uint)((value | 0x20) - 'a') <= 'z' - 'a' ? CharacterClass.Letter
        : (uint)(value - '0') <= 9 ? CharacterClass.Number
        : value is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r') ? CharacterClass.Space
        : CharacterClass.Other;
}
