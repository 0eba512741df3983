using System.Globalization;
using System.Text;

namespace TinyGpt.Import.Tokenizers;

/// <summary>How a file writes the tokens of a model.</summary>
internal enum TokenSpelling
{
    /// <summary>In GPT-2's <see cref="ByteAlphabet"/>.</summary>
    Bytes,

    /// <summary>As SentencePiece does: U+2581 is a space.</summary>
    Pieces,

    /// <summary>Likewise, and <c>&lt;0x0A&gt;</c> is a byte.</summary>
    PiecesAndBytes,

    /// <summary>As GPT-1 does: <c>&lt;/w&gt;</c> marks a word's end, which is a space in the vocabulary.</summary>
    Words,
}

/// <summary>Turns tokens as they are written into their bytes.</summary>
internal static class TokenSpellings
{
    /// <summary>What SentencePiece writes for a space.</summary>
    internal const char Space = '\u2581';

    /// <summary>GPT-1's mark of a word's end.</summary>
    internal const string WordEnd = "</w>";

    private const string BytePrefix = "<0x";

    /// <summary>Turns a token into its bytes.</summary>
    /// <param name="written">The token as the file has it.</param>
    /// <param name="spelling">How it is written.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <param name="stranger">The first character that is no byte, if there is one.</param>
    /// <returns>Whether all characters are bytes.</returns>
    internal static bool TryDecode(string written, TokenSpelling spelling, out byte[] bytes, out char stranger)
    {
        if (spelling == TokenSpelling.Bytes)
        {
            return ByteAlphabet.TryDecode(written, out bytes, out stranger);
        }

        stranger = default;
        bytes = spelling == TokenSpelling.PiecesAndBytes && TryGetByte(written, out byte value) ? [value]
            : spelling != TokenSpelling.Words ? Encoding.UTF8.GetBytes(written.Replace(Space, ' '))
            : Encoding.UTF8.GetBytes(written.EndsWith(WordEnd, StringComparison.Ordinal) ? written[..^WordEnd.Length] + " " : written);
        return true;
    }

    /// <summary>The byte of a token like <c>&lt;0x0A&gt;</c>.</summary>
    internal static bool TryGetByte(string written, out byte value)
    {
        value = 0;
        return written.Length == 6
            && byte.TryParse(written.AsSpan(BytePrefix.Length, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            && written == string.Create(CultureInfo.InvariantCulture, $"{BytePrefix}{value:X2}>");
    }
}
