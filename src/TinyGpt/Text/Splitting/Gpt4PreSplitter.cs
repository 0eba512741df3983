namespace TinyGpt.Text.Splitting;

/// <summary>
/// Splits text into the pieces that GPT-4, Llama 3 and Qwen2 merge within: a hand-written scanner for the published pattern
/// <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>
/// over UTF-8 bytes. Qwen2 has <c>\p{N}</c> in place of <c>\p{N}{1,3}</c>.
/// </summary>
/// <remarks>
/// Bytes that are not valid UTF-8 count as characters that are neither letter, number nor space. The pattern never looks back.
/// </remarks>
internal static class Gpt4PreSplitter
{
    private const int LongSFirstByte = 0xC5; // U+017F, which is an s to a pattern that ignores case, is C5 BF
    private const int LongSSecondByte = 0xBF;

    /// <summary>The length in bytes of the piece that a text begins with.</summary>
    /// <param name="text">The rest of the text, not empty.</param>
    /// <param name="mostDigits">The most number characters in a piece.</param>
    internal static int FirstPiece(ReadOnlySpan<byte> text, int mostDigits)
    {
        if (text[0] == '\'' && Contraction(text) is var contraction and > 0)
        {
            return contraction;
        }

        CharacterClass kind = CharacterClasses.Classify(text, out int length);
        if (kind == CharacterClass.Letter)
        {
            return CharacterClasses.EndOfRun(text, length, CharacterClass.Letter);
        }

        if (kind == CharacterClass.Number)
        {
            return Numbers(text, length, mostDigits);
        }

        bool isLineEnd = text[0] is (byte)'\r' or (byte)'\n';
        if (!isLineEnd && length < text.Length)
        {
            CharacterClass next = CharacterClasses.Classify(text[length..], out int nextLength);
            if (next == CharacterClass.Letter)
            {
                return CharacterClasses.EndOfRun(text, length + nextLength, CharacterClass.Letter);
            }

            if (next == CharacterClass.Other && text[0] == ' ')
            {
                return Others(text, length + nextLength);
            }
        }

        return kind == CharacterClass.Other ? Others(text, length) : Spaces(text);
    }

    /// <summary>The length of <c>'s 't 're 've 'm 'll 'd</c>, upper or lower case, at the start of a text, or 0.</summary>
    private static int Contraction(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2)
        {
            return 0;
        }

        int third = text.Length > 2 ? text[2] | 0x20 : 0; // to lower case; of other than letters it makes no e and no l
        return (text[1] | 0x20) switch
        {
            's' or 't' or 'm' or 'd' => 2,
            'r' or 'v' when third == 'e' => 3,
            'l' when third == 'l' => 3,
            _ => text[1] == LongSFirstByte && text.Length > 2 && text[2] == LongSSecondByte ? 3 : 0,
        };
    }

    private static int Numbers(ReadOnlySpan<byte> text, int end, int mostDigits)
    {
        for (int count = 1; count < mostDigits && end < text.Length; count++)
        {
            if (CharacterClasses.Classify(text[end..], out int length) != CharacterClass.Number)
            {
                break;
            }

            end += length;
        }

        return end;
    }

    /// <summary><c>[^\s\p{L}\p{N}]+[\r\n]*</c>, where the first characters are known up to <paramref name="end"/>.</summary>
    private static int Others(ReadOnlySpan<byte> text, int end)
    {
        end = CharacterClasses.EndOfRun(text, end, CharacterClass.Other);
        while (end < text.Length && text[end] is (byte)'\r' or (byte)'\n')
        {
            end++;
        }

        return end;
    }

    /// <summary>
    /// <c>\s*[\r\n]+|\s+(?!\S)|\s+</c>: the spaces that a text begins with up to their last line end; without one, all of them but the last of
    /// several if something else follows.
    /// </summary>
    private static int Spaces(ReadOnlySpan<byte> text)
    {
        int afterLineEnd = 0;
        int lastStart = 0;
        int end = 0;
        while (end < text.Length && CharacterClasses.Classify(text[end..], out int length) == CharacterClass.Space)
        {
            lastStart = end;
            end += length;
            afterLineEnd = text[lastStart] is (byte)'\r' or (byte)'\n' ? end : afterLineEnd;
        }

        return afterLineEnd > 0 ? afterLineEnd
            : end < text.Length && lastStart > 0 ? lastStart
            : end;
    }
}
