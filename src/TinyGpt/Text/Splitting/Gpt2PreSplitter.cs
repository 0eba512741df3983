namespace TinyGpt.Text.Splitting;

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
            CharacterClass kind = CharacterClasses.Classify(text[start..], out int length);
            if (kind != CharacterClass.Space)
            {
                return CharacterClasses.EndOfRun(text, start + length, kind);
            }
        }

        return Spaces(text, digitsAlone: false);
    }

    /// <summary>
    /// The same if every number character is first split off as a separate piece (SmolLM, StarCoder), so that for the pattern the text ends
    /// before each: spaces before a number stay together.
    /// </summary>
    /// <param name="text">The rest of the text, not empty.</param>
    internal static int FirstPieceDigitsAlone(ReadOnlySpan<byte> text)
    {
        if (CharacterClasses.Classify(text, out int first) == CharacterClass.Number)
        {
            return first;
        }

        if (text[0] == '\'' && Contraction(text) is var contraction and > 0)
        {
            return contraction;
        }

        int start = text[0] == ' ' ? 1 : 0;
        if (start < text.Length)
        {
            CharacterClass kind = CharacterClasses.Classify(text[start..], out int length);
            if (kind is CharacterClass.Letter or CharacterClass.Other)
            {
                return CharacterClasses.EndOfRun(text, start + length, kind);
            }
        }

        return Spaces(text, digitsAlone: true);
    }

    /// <summary>The length of <c>'s 't 're 've 'm 'll 'd</c> at the start of a text, or 0. Lower case only, as in the pattern.</summary>
    private static int Contraction(ReadOnlySpan<byte> text) => text.Length < 2 ? 0 : text[1] switch
    {
        (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d' => 2,
        (byte)'r' or (byte)'v' when text.Length > 2 && text[2] == 'e' => 3,
        (byte)'l' when text.Length > 2 && text[2] == 'l' => 3,
        _ => 0,
    };

    /// <summary>
    /// The spaces that a text begins with, without the last of several if something else follows: <c>\s+(?!\S)</c> gives it back.
    /// </summary>
    private static int Spaces(ReadOnlySpan<byte> text, bool digitsAlone)
    {
        int lastStart = 0;
        int end = 0;
        while (end < text.Length)
        {
            CharacterClass kind = CharacterClasses.Classify(text[end..], out int length);
            if (kind != CharacterClass.Space)
            {
                return lastStart > 0 && !(digitsAlone && kind == CharacterClass.Number) ? lastStart : end;
            }

            lastStart = end;
            end += length;
        }

        return end;
    }
}
