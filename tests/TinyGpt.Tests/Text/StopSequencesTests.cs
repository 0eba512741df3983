using System.Text;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class StopSequencesTests
{
    [Theory]
    [InlineData("hello", "x", "hello", 0)]
    [InlineData("hello", "", "hello", 0)]
    [InlineData("aaab", "aab", "a", -1)]
    [InlineData("aaaa", "aab", "aa", 2)]
    [InlineData("one\nPlayer: two", "\nPlayer:", "one", -1)]
    [InlineData("one\nPlay", "\nPlayer:", "one", 5)]
    [InlineData("one\nPlan", "\nPlayer:", "one\nPlan", 0)]
    [InlineData("xabcd", "abcd|bc", "xa", -1)]
    [InlineData("xabc", "bc|abc|c", "x", -1)]
    [InlineData("xab", "abc|b", "xa", -1)]
    [InlineData("ababab", "ababac|ababx", "ab", 4)]
    [InlineData("ab", "ab", "", -1)]
    [InlineData("\u4E2D\u6587", "\u6587", "\u4E2D", -1)]
    public void Text_is_released_up_to_the_stop_string_or_what_may_begin_one(string text, string stops, string released, int held)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int partLength = 1; partLength <= bytes.Length; partLength++)
        {
            StopSequences search = new(stops.Split('|', StringSplitOptions.RemoveEmptyEntries));
            string actual = Encoding.UTF8.GetString(Release(search, bytes, partLength));

            Assert.Equal(released, actual);
            Assert.Equal(held < 0, search.Stopped);
            Assert.Equal(Math.Max(held, 0), search.Held);
            Assert.Equal(bytes[(bytes.Length - search.Held)..], search.HeldBytes.ToArray());
        }
    }

    [Fact]
    public void Random_text_stops_where_a_plain_search_says()
    {
        Random random = new(4);
        for (int round = 0; round < 20_000; round++)
        {
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Letters(random, random.Next(1, 6)))];
            string text = Letters(random, random.Next(1, 16));
            int end = Enumerable.Range(1, text.Length).FirstOrDefault(end => stops.Any(text[..end].EndsWith), -1);
            int tail = end < 0
                ? Enumerable.Range(0, text.Length + 1).Last(count => stops.Any(stop => IsBeginning(stop, text[^count..])))
                : text.Length - end + stops.Where(text[..end].EndsWith).Max(stop => stop.Length);
            StopSequences search = new(stops);

            string released = Encoding.UTF8.GetString(Release(search, Encoding.UTF8.GetBytes(text), random.Next(1, 5)));

            Assert.Equal(text[..^tail], released);
            Assert.Equal(end >= 0, search.Stopped);
        }
    }

    [Fact]
    public void Nothing_is_looked_at_after_the_stop_until_reset()
    {
        StopSequences search = new(["."]);

        Assert.True(search.Append("ab.cd"u8, out int released));
        Assert.Equal(2, released);
        Assert.True(search.Append("ef"u8, out released));
        Assert.Equal(0, released);
        search.Reset();
        Assert.False(search.Append("ef"u8, out released));
        Assert.Equal(2, released);
    }

    [Fact]
    public void A_stop_string_is_text_and_not_empty()
    {
        Assert.Throws<ArgumentException>(() => new StopSequences(["a", ""]));
        Assert.ThrowsAny<ArgumentException>(() => new StopSequences(["\uD800"]));
        Assert.Equal(0, new StopSequences([]).Longest);
        Assert.Equal(3, new StopSequences(["a", "\u20AC"]).Longest);
    }

    private static bool IsBeginning(string stop, string tail) =>
        tail.Length < stop.Length && stop.StartsWith(tail, StringComparison.Ordinal);

    private static string Letters(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(2))));

    private static byte[] Release(StopSequences search, ReadOnlySpan<byte> text, int partLength)
    {
        List<byte> output = [];
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> part = text[..Math.Min(partLength, text.Length)];
            text = text[part.Length..];
            byte[] candidates = [.. search.HeldBytes, .. part];
            search.Append(part, out int released);
            output.AddRange(candidates[..released]);
        }

        return [.. output];
    }
}
