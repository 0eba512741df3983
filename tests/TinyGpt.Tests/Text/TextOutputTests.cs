using System.Text;
using System.Text.Unicode;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class TextOutputTests
{
    private const string Talk = "\u201EEin Zimmer? \u4E2D\u6587 \U0001F600!\u201C\n\nPlay it again.\nPlayer: \u00FC";

    [Theory]
    [InlineData("\nPlayer:", "\u201EEin Zimmer? \u4E2D\u6587 \U0001F600!\u201C\n\nPlay it again.")]
    [InlineData("\u6587", "\u201EEin Zimmer? \u4E2D")]
    [InlineData("\n\nPlayer", Talk)]
    [InlineData("\u00FC\u00FC", Talk)]
    [InlineData("\u201E", "")]
    public void Text_comes_out_whole_up_to_the_stop_string(string stop, string expected)
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            StopSequences stops = new([stop, "never"]);
            TextOutput output = new(random.Next(stops.Longest + 12, 120), stops);
            ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(Talk);
            List<byte> read = [];
            byte[] destination = new byte[16];
            while (!text.IsEmpty)
            {
                int length = Math.Min(text.Length, random.Next(1, 9));
                int free = output.FreeBytes;
                bool taken = output.TryAppend(text[..length]);
                Assert.Equal(output.Stopped || length <= free, taken);
                text = taken ? text[length..] : text;
                Read(random.Next(destination.Length));
            }

            bool stopped = output.Stopped;
            Assert.Equal(expected != Talk, stopped);
            output.Flush();
            Assert.False(output.Stopped);
            while (Read(random.Next(4, destination.Length)))
            {
            }

            Assert.Equal(expected, Encoding.UTF8.GetString([.. read]));
            Assert.Equal(0, output.Pending);

            bool Read(int room)
            {
                bool any = output.TryRead(destination.AsSpan(0, room), out int written);
                Assert.True(Utf8.IsValid(destination.AsSpan(0, written)));
                read.AddRange(destination.AsSpan(0, written));
                return any;
            }
        }
    }

    [Fact]
    public void A_token_always_fits_once_everything_readable_was_read()
    {
        TokenVocabulary vocabulary = Vocabularies.Small();
        Random random = new(6);
        byte[] destination = new byte[64];
        for (int round = 0; round < 200; round++)
        {
            StopSequences stops = new(["helloa", "aaaaaaab", "\u00FF\u00FE"]);
            TextOutput output = new(TextOutput.SmallestCapacity(vocabulary, stops), stops);
            for (int token = 0; token < 200 && !output.Stopped; token++)
            {
                int id = random.Next(3) == 0 ? random.Next(vocabulary.Count) : random.Next(255, 264);
                Assert.True(output.FreeBytes >= vocabulary.LongestToken);
                Assert.True(output.TryAppend(vocabulary.TokenBytes(id)));
                while (output.TryRead(destination, out _))
                {
                }
            }
        }
    }

    [Fact]
    public void A_character_cut_by_a_stop_string_is_replaced()
    {
        TextOutput output = new(16, new StopSequences(["."]));
        byte[] destination = new byte[16];

        Assert.True(output.TryAppend([(byte)'a', 0xE2, 0x82, (byte)'.', (byte)'b']));

        Assert.True(output.Stopped);
        Assert.True(output.TryRead(destination, out int written));
        Assert.Equal("a\uFFFD", Encoding.UTF8.GetString(destination, 0, written));
        Assert.True(output.TryAppend("dropped, and longer than there is room for"u8));
        Assert.False(output.TryRead(destination, out _));
    }

    [Fact]
    public void Clear_forgets_everything()
    {
        TextOutput output = new(16, new StopSequences(["ab"]));
        Assert.True(output.TryAppend("xa"u8));
        Assert.Equal((2, 14), (output.Pending, output.FreeBytes));
        output.Clear();
        Assert.Equal((0, 16), (output.Pending, output.FreeBytes));
        Assert.True(output.TryAppend("b"u8));
        Assert.False(output.Stopped);
        Assert.True(output.TryAppend("ab"u8));
        Assert.True(output.Stopped);
        output.Clear();
        Assert.False(output.Stopped);
    }

    [Fact]
    public void The_capacity_has_a_lower_limit()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextOutput(6, new StopSequences(["abc"])));
        Assert.Equal(7, new TextOutput(7, new StopSequences(["abc"])).FreeBytes);
    }

    [Fact]
    public void Appending_and_reading_allocate_nothing()
    {
        byte[][] tokens = [.. Enumerable.Range(0, 50).Select(at => Encoding.UTF8.GetBytes(Talk)[at..(at + 1)])];
        TextOutput output = new(64, new StopSequences(["\nPlayer:", "never", "again.!"]));
        byte[] destination = new byte[8];
        Say();
        long before = GC.GetAllocatedBytesForCurrentThread();

        for (int round = 0; round < 100; round++)
        {
            Say();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Say()
        {
            foreach (byte[] token in tokens)
            {
                output.TryAppend(token);
                while (output.TryRead(destination, out _))
                {
                }
            }

            output.Flush();
            output.Clear();
        }
    }
}
