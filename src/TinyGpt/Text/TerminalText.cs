using System.Globalization;
using System.Text;

namespace TinyGpt;

/// <summary>
/// Text of models, files and servers as it may be shown to a person. Terminals obey control characters, and characters that turn the direction
/// of text around make a name read as another; both become text, such as <c>\x1b</c>. Stateless and thread-safe.
/// </summary>
/// <example>
/// <code>
/// Console.Error.WriteLine($"{TerminalText.Show(model.Info.File)} is loaded.");
/// </code>
/// </example>
public static class TerminalText
{
    private const int ZeroWidthNonJoiner = 0x200C; // scripts and emoji need these two
    private const int ZeroWidthJoiner = 0x200D;

    /// <summary>Makes a text fit to be shown within a line: line breaks and tabs are shown as well.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The same text where it can be shown as it is.</returns>
    public static string Show(string text) => Show(text, keepsLines: false);

    /// <summary>Makes a text fit to be shown, with its line breaks and tabs as they are.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The same text where it can be shown as it is.</returns>
    public static string ShowLines(string text) => Show(text, keepsLines: true);

    private static string Show(string text, bool keepsLines)
    {
        ArgumentNullException.ThrowIfNull(text);
        StringBuilder? shown = null;
        for (int start = 0; start < text.Length;)
        {
            bool isWhole = Rune.TryGetRuneAt(text, start, out Rune rune);
            int length = isWhole ? rune.Utf16SequenceLength : 1;
            bool isPlain = isWhole && (IsPlain(rune) || (keepsLines && IsLayout(text, start)));
            if (!isPlain)
            {
                shown ??= new StringBuilder(text, 0, start, text.Length + 16);
                AppendCode(shown, isWhole ? rune.Value : text[start]);
            }
            else
            {
                shown?.Append(text, start, length);
            }

            start += length;
        }

        return shown?.ToString() ?? text;
    }

    private static bool IsPlain(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => false,
        UnicodeCategory.Format => rune.Value is ZeroWidthNonJoiner or ZeroWidthJoiner,
        _ => true,
    };

    /// <summary>A carriage return alone would let a line overwrite itself.</summary>
    private static bool IsLayout(string text, int index) =>
        text[index] is '\n' or '\t' || (text[index] == '\r' && index + 1 < text.Length && text[index + 1] == '\n');

    private static void AppendCode(StringBuilder shown, int code)
    {
        (string prefix, string format) = code <= 0xFF ? ("\\x", "x2") : code <= 0xFFFF ? ("\\u", "x4") : ("\\U", "x8");
        shown.Append(prefix).Append(code.ToString(format, CultureInfo.InvariantCulture));
    }
}
