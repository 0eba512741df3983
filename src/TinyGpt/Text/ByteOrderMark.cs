namespace TinyGpt.Text;

/// <summary>The mark that editors put before UTF-8. It belongs to the file and not to the text, so whatever a person writes is read without it.</summary>
internal static class ByteOrderMark
{
    /// <summary>How many bytes of a file come before its text: 3 where it begins with the mark, otherwise 0.</summary>
    internal static int LengthIn(ReadOnlySpan<byte> file) => file.StartsWith("\uFEFF"u8) ? 3 : 0;
}
