namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// The alphabet in which GPT-2's files write bytes: printable Latin-1 characters are their own code, the 68 others are
/// written, in the order of their codes, as U+0100 to U+0143. A space is <c>Ġ</c>, a line feed <c>Ċ</c>.
/// </summary>
internal static class ByteAlphabet
{
    private const int None = -1;
    private const int FirstStandIn = 0x100;

    private static readonly short[] Values = MakeValues();
    private static readonly char[] Characters = MakeCharacters();

    /// <summary>Writes a token's bytes, one character a byte.</summary>
    internal static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> written = bytes.Length <= 256 ? stackalloc char[bytes.Length] : new char[bytes.Length];
        for (int index = 0; index < bytes.Length; index++)
        {
            written[index] = Characters[bytes[index]];
        }

        return new string(written);
    }

    /// <summary>Turns a token as it is written into its bytes.</summary>
    /// <param name="written">The token as a file has it.</param>
    /// <param name="bytes">The token's bytes, one a character.</param>
    /// <param name="stranger">The first character that is not in the alphabet, if there is one.</param>
    /// <returns>Whether all characters are in the alphabet.</returns>
    internal static bool TryDecode(string written, out byte[] bytes, out char stranger)
    {
        bytes = new byte[written.Length];
        for (int index = 0; index < written.Length; index++)
        {
            stranger = written[index];
            int value = stranger < Values.Length ? Values[stranger] : None;
            if (value == None)
            {
                return false;
            }

            bytes[index] = (byte)value;
        }

        stranger = default;
        return true;
    }

    private static short[] MakeValues()
    {
        List<short> values = [.. Enumerable.Repeat((short)None, FirstStandIn)];
        for (int value = 0; value < 256; value++)
        {
            if (value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE)
            {
                values[value] = (short)value;
            }
            else
            {
                values.Add((short)value);
            }
        }

        return [.. values];
    }

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        for (int character = 0; character < Values.Length; character++)
        {
            if (Values[character] != None)
            {
                characters[Values[character]] = (char)character;
            }
        }

        return characters;
    }
}
