using System.Text;
using System.Text.Unicode;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class Utf8BufferTests
{
    private const string Multilingual =
        "Gr\u00FC\u00DF dich! \u4E2D\u6587 \u0416\u0438\u0432 \U0001F469\u200D\U0001F467 e\u0301 \U00020000 \u20AC5.\n";

    [Fact]
    public void Text_cut_anywhere_comes_out_whole()
    {
        Random random = new(1);
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Multilingual, 20)));
        for (int round = 0; round < 200; round++)
        {
            Assert.Equal(text, PassThrough(text, new Utf8Buffer(random.Next(4, 40)), random));
        }
    }

    [Fact]
    public void Invalid_bytes_are_replaced_as_the_framework_replaces_them()
    {
        Random random = new(2);
        byte[] tricky =
        [
            0x41, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE2, 0x82, 0xAC, 0xED, 0xA0, 0xEF, 0xF0, 0x9F, 0x98, 0xF4, 0x90, 0xF5,
            0xFF,
        ];
        for (int round = 0; round < 5000; round++)
        {
            byte[] text = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => tricky[random.Next(tricky.Length)])];
            byte[] expected = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));

            Assert.Equal(expected, PassThrough(text, new Utf8Buffer(random.Next(4, 40)), random));
        }
    }

    [Fact]
    public void A_character_waits_for_its_last_byte()
    {
        Utf8Buffer buffer = new(16);
        byte[] destination = new byte[16];

        Assert.True(buffer.TryAppend([(byte)'x', 0xE2, 0x82]));
        Assert.True(buffer.TryRead(destination, out int written));
        Assert.Equal((1, 2), (written, buffer.Pending));
        Assert.False(buffer.TryRead(destination, out written));
        Assert.Equal(0, written);
        Assert.True(buffer.TryAppend([0xAC]));
        Assert.False(buffer.TryRead(destination.AsSpan(0, 2), out _));
        Assert.True(buffer.TryRead(destination.AsSpan(0, 3), out written));
        Assert.Equal("\u20AC"u8.ToArray(), destination[..written]);
    }

    [Theory]
    [InlineData("61", "a")]
    [InlineData("61C3", "a\uFFFD")]
    [InlineData("61E282", "a\uFFFD")]
    [InlineData("F09F98", "\uFFFD")]
    [InlineData("80E2", "\uFFFD\uFFFD")]
    [InlineData("", "")]
    public void Flush_replaces_a_dangling_beginning(string bytes, string expected)
    {
        Utf8Buffer buffer = new(4);
        Assert.True(buffer.TryAppend(Convert.FromHexString(bytes)));

        buffer.Flush();
        buffer.Flush();

        byte[] destination = new byte[16];
        buffer.TryRead(destination, out int written);
        Assert.Equal(expected, Encoding.UTF8.GetString(destination, 0, written));
        Assert.Equal(0, buffer.Pending);
    }

    [Fact]
    public void Text_after_a_flush_does_not_complete_the_text_before()
    {
        Utf8Buffer buffer = new(8);
        Assert.True(buffer.TryAppend([(byte)'a', (byte)'b', (byte)'c', (byte)'d', (byte)'e', 0xE2, 0x82, 0xE2]));
        buffer.Flush();
        Assert.Equal((10, 0), (buffer.Pending, buffer.FreeBytes));

        byte[] destination = new byte[32];
        Assert.True(buffer.TryRead(destination, out int written));
        Assert.Equal("abcde\uFFFD\uFFFD", Encoding.UTF8.GetString(destination, 0, written));
        Assert.True(buffer.TryAppend([0x82, 0xAC]));
        Assert.True(buffer.TryRead(destination, out written));
        Assert.Equal("\uFFFD\uFFFD", Encoding.UTF8.GetString(destination, 0, written));
    }

    [Fact]
    public void What_does_not_fit_is_not_taken()
    {
        Utf8Buffer buffer = new(4);

        Assert.False(buffer.TryAppend("12345"u8));
        Assert.Equal((0, 4), (buffer.Pending, buffer.FreeBytes));
        Assert.True(buffer.TryAppend("1234"u8));
        Assert.True(buffer.TryAppend([]));
        Assert.False(buffer.TryAppend("5"u8));
        buffer.Clear();
        Assert.Equal((0, 4), (buffer.Pending, buffer.FreeBytes));
        Assert.False(buffer.TryRead(new byte[4], out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Utf8Buffer(3));
    }

    /// <summary>Sends text through in random parts, reads it with spans of random sizes, and checks each part that comes out.</summary>
    private static byte[] PassThrough(ReadOnlySpan<byte> text, Utf8Buffer buffer, Random random)
    {
        List<byte> output = [];
        byte[] destination = new byte[32];
        while (!text.IsEmpty)
        {
            int length = Math.Min(text.Length, random.Next(1, 8));
            if (buffer.TryAppend(text[..length]))
            {
                text = text[length..];
            }

            Read(random.Next(destination.Length));
        }

        buffer.Flush();
        while (Read(random.Next(4, destination.Length)))
        {
        }

        Assert.Equal(0, buffer.Pending);
        return [.. output];

        bool Read(int room)
        {
            bool read = buffer.TryRead(destination.AsSpan(0, room), out int written);
            Assert.Equal(read, written > 0);
            Assert.True(Utf8.IsValid(destination.AsSpan(0, written)));
            output.AddRange(destination.AsSpan(0, written));
            return read;
        }
    }
}
