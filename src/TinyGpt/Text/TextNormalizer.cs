using System.Buffers;
using System.Globalization;
using System.Text;
using TinyGpt.Text.Unicode;

namespace TinyGpt.Text;

/// <summary>Changes text as a tokenizer's rules want it, before it is split.</summary>
internal static class TextNormalizer
{
    private const int DottedCapitalI = 0x130; // the one character whose lower case is two
    private const int DotAbove = 0x307;
    private const int MostParts = 4; // of a character that is decomposed

    /// <summary>Whether a text stays as it is for certain; false only says that it may not.</summary>
    internal static bool IsNormalized(ReadOnlySpan<byte> text, TextNormalization steps) => steps switch
    {
        TextNormalization.None => true,
        TextNormalization.Compose => CanonicalComposition.ComposedLength(text) == text.Length,
        _ => false,
    };

    /// <summary>Appends a text with the changes. Bytes that are not valid UTF-8 stay as they are.</summary>
    internal static void Normalize(ReadOnlySpan<byte> text, TextNormalization steps, ref PooledBytes output)
    {
        TextNormalization others = steps & ~TextNormalization.Compose;
        if (steps == TextNormalization.None)
        {
            output.Append(text);
        }
        else if (others == TextNormalization.None)
        {
            CanonicalComposition.Compose(text, ref output);
        }
        else if (steps != others)
        {
            PooledBytes composed = new(text.Length);
            try
            {
                CanonicalComposition.Compose(text, ref composed);
                ChangeCharacters(composed.Span, others, ref output);
            }
            finally
            {
                composed.Dispose();
            }
        }
        else
        {
            ChangeCharacters(text, others, ref output);
        }
    }

    private static void ChangeCharacters(ReadOnlySpan<byte> text, TextNormalization steps, ref PooledBytes output)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out Rune rune, out int length) != OperationStatus.Done)
            {
                output.Append(text[..length]);
            }
            else if ((steps & TextNormalization.Clean) == 0)
            {
                ChangeCharacter(rune, steps, ref output);
            }
            else if (!IsDropped(rune))
            {
                ChangeCharacter(Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune, steps, ref output);
            }

            text = text[length..];
        }
    }

    private static bool IsDropped(Rune rune) => rune == Rune.ReplacementChar || (rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse);

    private static void ChangeCharacter(Rune rune, TextNormalization steps, ref PooledBytes output)
    {
        bool stands = (steps & TextNormalization.SeparateIdeographs) != 0 && IsIdeograph(rune.Value);
        if (stands)
        {
            output.Append((byte)' ');
        }

        Span<int> parts = stackalloc int[MostParts];
        bool strips = (steps & TextNormalization.StripAccents) != 0 && !rune.IsAscii;
        int count = strips ? CanonicalComposition.Decompose(rune.Value, parts) : 1;
        foreach (int value in parts[..count])
        {
            Rune part = strips ? new Rune(value) : rune;
            if (!strips || Rune.GetUnicodeCategory(part) != UnicodeCategory.NonSpacingMark)
            {
                AppendCased(part, steps, ref output);
            }
        }

        if (stands)
        {
            output.Append((byte)' ');
        }
    }

    private static void AppendCased(Rune rune, TextNormalization steps, ref PooledBytes output)
    {
        if ((steps & TextNormalization.Lowercase) == 0)
        {
            output.Append(rune);
        }
        else if (rune.Value == DottedCapitalI)
        {
            output.Append((byte)'i');
            output.Append(new Rune(DotAbove));
        }
        else
        {
            output.Append(Rune.ToLowerInvariant(rune));
        }
    }

    /// <summary>The blocks of Chinese characters that BERT's tokenizer puts between spaces.</summary>
    private static bool IsIdeograph(int value) => value
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
