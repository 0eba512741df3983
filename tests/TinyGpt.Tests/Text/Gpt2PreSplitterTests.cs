using System.Text;
using System.Text.RegularExpressions;
using TinyGpt.Text.Splitting;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed partial class Gpt2PreSplitterTests
{
    internal static readonly string[] Tricky =
    [
        "'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'", "'S", "'r", "'v", "'l", "\u2019s", "s", "t", "re", "a", "Z", "ab", "word",
        " ", " ", "  ", "   ", "\n", "\r\n", "\t", "\u000B", "\u00A0", "\u3000", "\u0085", "\u2028", "\u1680", "\u200A", "\u200B",
        "\u180E", "\uFEFF", "0", "7", "42", "\u0663", "\u0967", "\u2160", "\u00BD", "\u00B2", "\u3007", "\u0301", "e\u0301", "\u0483",
        "\u4E2D", "\u6587", "\u3042", "\uAC00", "\u0E01\u0E33", "\u00E9", "\u01C5", "\u02B0", "\u00AA", "!", ".", "...", "-", "_", "$",
        "\u20AC", "\u200D", "\uFE0F", "\u2764", "\u0000", "\u001C", "\u001F", "\u007F", "<|endoftext|>", "\uFFFD", "\uFFFF",
    ];

    [Fact]
    public void Random_text_splits_as_the_published_pattern_does()
    {
        Random random = new(20);
        StringBuilder text = new();
        for (int round = 0; round < 20_000; round++)
        {
            text.Clear();
            for (int part = random.Next(1, 14); part > 0; part--)
            {
                text.Append(Tricky[random.Next(Tricky.Length)]);
            }

            AssertSplitsAsThePattern(text.ToString());
        }
    }

    [Fact]
    public void Every_character_of_the_basic_plane_splits_as_the_published_pattern_does()
    {
        for (char character = '\0'; character < char.MaxValue; character++)
        {
            if (!char.IsSurrogate(character))
            {
                AssertSplitsAsThePattern($"a{character}1{character}{character}!{character} {character}'s{character}");
            }
        }
    }

    [Theory]
    [InlineData("I'll say it's ok", "I|'ll| say| it|'s| ok")]
    [InlineData("  two  spaces  ", " | two| | spaces|  ")]
    [InlineData("'S 'LL", "'|S| '|LL")]
    [InlineData("a\n\nb", "a|\n|\n|b")]
    [InlineData("a\n b", "a|\n| b")]
    [InlineData("x \u00A0y", "x| |\u00A0|y")]
    [InlineData("\U0001D400\U0001D401 \U00020000x", "\U0001D400\U0001D401| \U00020000x")]
    [InlineData("\U0001D7D8\U0001D7D9a", "\U0001D7D8\U0001D7D9|a")]
    [InlineData("hi \U0001F469\u200D\U0001F467!\U0001F600 x", "hi| \U0001F469\u200D\U0001F467!\U0001F600| x")]
    [InlineData("\U0001F600's", "\U0001F600'|s")]
    [InlineData("\U00010107\U0001F100", "\U00010107\U0001F100")]
    public void Text_splits_into_these_pieces(string text, string pieces)
    {
        Assert.Equal(pieces, string.Join('|', Split(Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString)));
    }

    [Fact]
    public void Invalid_bytes_go_with_the_characters_that_are_neither_letter_number_nor_space()
    {
        byte[] text = [(byte)'a', 0xFF, 0xE2, 0x82, (byte)'!', (byte)' ', 0x80, 0xC0, (byte)'1'];

        string[] pieces = [.. Split(text).Select(Convert.ToHexString)];

        Assert.Equal(["61", "FFE28221", "2080C0", "31"], pieces);
    }

    internal static IEnumerable<string> SplitByPattern(string text) => Pattern().Matches(text).Select(match => match.Value);

    private static void AssertSplitsAsThePattern(string text)
    {
        string[] expected = [.. SplitByPattern(text)];
        string[] actual = [.. Split(Encoding.UTF8.GetBytes(text)).Select(Encoding.UTF8.GetString)];
        Assert.Equal(expected, actual);
    }

    private static List<byte[]> Split(ReadOnlySpan<byte> text)
    {
        List<byte[]> pieces = [];
        while (!text.IsEmpty)
        {
            int length = Gpt2PreSplitter.FirstPiece(text);
            pieces.Add(text[..length].ToArray());
            text = text[length..];
        }

        return pieces;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
