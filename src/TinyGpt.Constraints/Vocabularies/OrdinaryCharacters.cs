using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Vocabularies;

/// <summary>A class of characters that patterns and strings mostly take or leave as a whole.</summary>
/// <param name="Ascii">Its characters of ASCII.</param>
/// <param name="IsUnicode">Whether every other character is one of them, but for the two separators of lines and paragraphs.</param>
internal sealed record OrdinaryCharacters(ByteSet Ascii, bool IsUnicode)
{
    private const int LineSeparator = 0x2028;
    private const int ParagraphSeparator = 0x2029;

    /// <summary>The classes, the largest first: what a JSON string has unescaped, the same of ASCII, the same without space, letters and digits.</summary>
    public static IReadOnlyList<OrdinaryCharacters> All { get; } = Describe();

    /// <summary>Whether a character is one that a full stop of a pattern leaves out.</summary>
    public static bool IsSeparator(int codePoint) => codePoint is LineSeparator or ParagraphSeparator;

    private static OrdinaryCharacters[] Describe()
    {
        ByteSet plain = ByteSet.Range(0x20, 0x7E) & ~ByteSet.Of("\"\\"u8);
        ByteSet word = ByteSet.Range((byte)'a', (byte)'z') | ByteSet.Range((byte)'A', (byte)'Z') | ByteSet.Range((byte)'0', (byte)'9');
        return [new(plain, true), new(plain, false), new(plain & ~ByteSet.Of((byte)' '), false), new(word, false)];
    }
}
