using System.Security.Cryptography;
using System.Text;
using TinyGpt.Text.Unicode;
using Xunit;

namespace TinyGpt.Tests.Text;

/// <summary>Normalization form C. The hashes are of what Python's unicodedata, version 14 of Unicode, makes of the same texts.</summary>
public sealed class CanonicalCompositionTests
{
    private static readonly (int First, int Last)[] Ranges =
    [
        (0x41, 0x5A), (0xC0, 0x17F), (0x1E0, 0x233), (0x300, 0x36F), (0x591, 0x5BD), (0x915, 0x94D), (0x9BE, 0x9D7), (0xB3E, 0xB57),
        (0x1100, 0x11FF), (0xAC00, 0xAC40), (0x1E00, 0x1FFF), (0x20D0, 0x20F0), (0x2100, 0x212F), (0x3041, 0x309F), (0xF900, 0xFA2D),
        (0x1D15E, 0x1D16D), (0x11099, 0x110BA),
    ];

    [Theory]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u212B", "\u00C5")]
    [InlineData("\u1E0B\u0323", "\u1E0D\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b")]
    [InlineData("\u0301x", "\u0301x")]
    [InlineData("\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("", "")]
    public void Text_is_composed(string text, string composed) =>
        Assert.Equal(composed, Encoding.UTF8.GetString(Compose(Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Every_character_is_composed_as_elsewhere()
    {
        string all = string.Join('\n', Enumerable.Range(0, 0x30000).Where(Rune.IsValid).Select(value => new Rune(value).ToString()));

        byte[] composed = Compose(Encoding.UTF8.GetBytes(all));

        Assert.Equal("d8f1ebe6610007388e38096ea7bac453a4eb0dcda4a2ff003a7da61f34bed784", Hash(composed));
        Assert.Equal(composed, Compose(composed));
    }

    [Fact]
    public void Random_text_is_composed_as_elsewhere()
    {
        uint state = 1;
        StringBuilder all = new();
        for (int round = 0; round < 50_000; round++)
        {
            for (int left = 1 + Next(12); left > 0; left--)
            {
                (int first, int last) = Ranges[Next(Ranges.Length)];
                all.Append(new Rune(first + Next(last - first + 1)));
            }

            all.Append('\n');
        }

        byte[] composed = Compose(Encoding.UTF8.GetBytes(all.ToString()));

        Assert.Equal("07247bd4a2d39d90acb48f43cea1ac470395f72da0f3386ce40e89a48bb5d4fd", Hash(composed));

        int Next(int count)
        {
            state = (state * 1664525) + 1013904223;
            return (int)((state >> 8) % (uint)count);
        }
    }

    [Fact]
    public void Most_text_is_known_to_be_composed_without_being_changed()
    {
        byte[] text = Encoding.UTF8.GetBytes("plain, \u00E9t\u00E9, \u0416\u0438, \u4E2D\u6587, \uAC00, \U0001F600");
        Assert.Equal(text.Length, CanonicalComposition.ComposedLength(text));
        Assert.Equal(text.Length, CanonicalComposition.ComposedLength([.. text, .. "e\u0301"u8])); // the e may change
    }

    [Fact]
    public void Invalid_bytes_stay()
    {
        byte[] text = [0xFF, .. "e\u0301"u8, 0xE2, 0x82, .. "\u0301"u8, 0xCC, (byte)'x'];

        Assert.Equal([0xFF, .. "\u00E9"u8, 0xE2, 0x82, .. "\u0301"u8, 0xCC, (byte)'x'], Compose(text));
    }

    [Fact]
    public void A_million_marks_take_no_quadratic_time()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323", 500_000));
        // No limit is set: a quadratic algorithm would need 10^12 steps and not end within the hour.
        byte[] composed = Compose(Encoding.UTF8.GetBytes("q" + marks));

        Assert.Equal("q" + new string('\u0323', 500_000) + new string('\u0301', 500_000), Encoding.UTF8.GetString(composed));
    }

    private static byte[] Compose(ReadOnlySpan<byte> text)
    {
        PooledBytes output = new(1);
        CanonicalComposition.Compose(text, ref output);
        byte[] composed = output.Span.ToArray();
        output.Dispose();
        return composed;
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
