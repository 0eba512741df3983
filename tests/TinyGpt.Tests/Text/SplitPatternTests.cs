using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using TinyGpt.Text.Splitting;
using Xunit;

namespace TinyGpt.Tests.Text;

/// <summary>The scanners of GPT-4's, Qwen2's and SmolLM's splitting, compared with the published patterns in .NET's regular expressions.</summary>
public sealed partial class SplitPatternTests
{
    private delegate int Scanner(ReadOnlySpan<byte> text);

    private static readonly string[] Parts =
    [
        .. Gpt2PreSplitterTests.Tricky, "'S", "'T", "'RE", "'Ve", "'vE", "'M", "'lL", "'LL", "'D", "'l", "'r", "'x", "12", "123", "1234", "12345",
        "\r", "\n\n", " \n", "\n ", "  \r\n  ", "\t\n", "!\n", "?!\r\n\n", " !", "  !", " ?x", "x'", "\u00BD\u00BE\u00BC", "\u2028", "\u0085",
        "\U0001D400", "\U00020000", "\U0001D7D8", "\U00010107", "\U0001F600", "\U0001F469\u200D\U0001F467",
    ];

    [Fact]
    public void Random_text_splits_as_GPT4s_pattern_does() => AssertSplitsAlike(31, text => Gpt4PreSplitter.FirstPiece(text, 3), Gpt4Pattern());

    [Fact]
    public void Random_text_splits_as_Qwen2s_pattern_does() => AssertSplitsAlike(32, text => Gpt4PreSplitter.FirstPiece(text, 1), Qwen2Pattern());

    [Fact]
    public void Random_text_splits_at_digits_and_then_as_GPT2s_pattern_does()
    {
        Random random = new(33);
        for (int round = 0; round < 20_000; round++)
        {
            string text = RandomText(random);
            IEnumerable<string> expected = DigitOrNot().Matches(OnBasicPlane(text)).SelectMany(
                match => Gpt2PreSplitterTests.SplitByPattern(match.Value));
            AssertSplits(expected, text, Gpt2PreSplitter.FirstPieceDigitsAlone);
        }
    }

    [Fact]
    public void Every_character_of_the_basic_plane_splits_as_the_patterns_do()
    {
        for (char character = '\0'; character < char.MaxValue; character++)
        {
            if (!char.IsSurrogate(character) && character != '\u017F')
            {
                string text = $"a{character}1{character}{character}!{character} {character}'s{character}\n{character}";
                AssertSplits(Gpt4Pattern().Matches(text).Select(match => match.Value), text, rest => Gpt4PreSplitter.FirstPiece(rest, 3));
                AssertSplits(Qwen2Pattern().Matches(text).Select(match => match.Value), text, rest => Gpt4PreSplitter.FirstPiece(rest, 1));
            }
        }
    }

    [Theory]
    [InlineData("I'LL say It's 12345 ok", "I|'LL| say| It|'s| |123|45| ok")]
    [InlineData("a\n\n  b", "a|\n\n| | b")]
    [InlineData("end.\r\n\r\nNew", "end|.\r\n\r\n|New")]
    [InlineData("(word) \"x\"", "(word|)| \"|x|\"")]
    [InlineData("   \n  \n   x", "   \n  \n|  | x")]
    [InlineData("it'\u017F on", "it|'\u017F| on")]
    [InlineData("\U0001F600s \U0001D400\U0001D401", "\U0001F600s| \U0001D400\U0001D401")]
    public void Text_splits_into_these_pieces_of_GPT4(string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Split(text, rest => Gpt4PreSplitter.FirstPiece(rest, 3))));

    [Theory]
    [InlineData("in 2026  7 a", "in| |2|0|2|6|  |7| a")]
    [InlineData("x1's 1st", "x|1|'s| |1|st")]
    public void Digits_stand_alone(string text, string pieces) =>
        Assert.Equal(pieces, string.Join('|', Split(text, Gpt2PreSplitter.FirstPieceDigitsAlone)));

    [Fact]
    public void Invalid_bytes_go_with_the_characters_that_are_neither_letter_number_nor_space()
    {
        byte[] text = [(byte)'a', 0xFF, 0xE2, 0x82, (byte)'!', (byte)'\n', (byte)' ', 0x80, 0xC0, (byte)'b', 0xC5];

        string[] pieces = [.. Split(text, rest => Gpt4PreSplitter.FirstPiece(rest, 3)).Select(Convert.ToHexString)];

        Assert.Equal(["61", "FFE282210A", "2080C0", "62", "C5"], pieces);
    }

    private static void AssertSplitsAlike(int seed, Scanner scanner, Regex pattern)
    {
        Random random = new(seed);
        for (int round = 0; round < 20_000; round++)
        {
            string text = RandomText(random);
            AssertSplits(pattern.Matches(OnBasicPlane(text)).Select(match => match.Value), text, scanner);
        }
    }

    private static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => Parts[random.Next(Parts.Length)]));

    /// <summary>Compares lengths in characters: .NET's patterns know the basic plane only, where other characters stand in.</summary>
    private static void AssertSplits(IEnumerable<string> expected, string text, Scanner scanner) =>
        Assert.Equal(expected, Split(text, scanner).Select(OnBasicPlane));

    private static string OnBasicPlane(string text) => string.Concat(text.EnumerateRunes().Select(rune =>
        rune.IsBmp ? rune.ToString()
        : Rune.IsLetter(rune) ? "\u4E2D"
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.OtherNumber ? "\u0663"
        : "\u20AC"));

    private static IEnumerable<string> Split(string text, Scanner scanner) => Split(Encoding.UTF8.GetBytes(text), scanner).Select(Encoding.UTF8.GetString);

    private static List<byte[]> Split(ReadOnlySpan<byte> text, Scanner scanner)
    {
        List<byte[]> pieces = [];
        while (!text.IsEmpty)
        {
            int length = scanner(text);
            pieces.Add(text[..length].ToArray());
            text = text[length..];
        }

        return pieces;
    }

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Gpt4Pattern();

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Qwen2Pattern();

    [GeneratedRegex(@"\p{N}|\P{N}+", RegexOptions.CultureInvariant)]
    private static partial Regex DigitOrNot();
}
