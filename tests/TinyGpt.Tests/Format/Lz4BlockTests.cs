using System.Text;
using K4os.Compression.LZ4;
using TinyGpt.Format;
using Xunit;

namespace TinyGpt.Tests.Format;

public sealed class Lz4BlockTests
{
    [Fact]
    public void A_block_of_exactly_the_content_is_accepted()
    {
        foreach (byte[] source in Texts(70).Concat(Texts(70_000)))
        {
            byte[] back = new byte[source.Length];
            Assert.True(Lz4Block.TryDecode(Encode(source), back));
            Assert.Equal(source, back);
            Assert.False(Lz4Block.TryDecode(Encode(source), new byte[source.Length + 1]));
            Assert.False(Lz4Block.TryDecode(Encode(source), new byte[source.Length - 1]));
        }
    }

    [Theory]
    [InlineData("offset 0", new byte[] { 0x10, 1, 0, 0, 0x50, 1, 2, 3, 4, 5 })]
    [InlineData("offset 0 after a long match", new byte[] { 0x1F, 1, 1, 0, 0, 0x10, 1, 0, 0, 0x50, 1, 2, 3, 4, 5 }, 30)]
    [InlineData("offset 0 after long literals", new byte[] { 0xF0, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0, 0x50, 1, 2, 3, 4, 5 }, 25)]
    [InlineData("offset before the start", new byte[] { 0x10, 1, 2, 0, 0x50, 1, 2, 3, 4, 5 })]
    [InlineData("literals beyond the block", new byte[] { 0x50, 1, 2, 3 })]
    [InlineData("a length that does not end", new byte[] { 0xF0, 255, 255, 255 })]
    [InlineData("half an offset", new byte[] { 0x10, 1, 1 })]
    [InlineData("a match at the end", new byte[] { 0x10, 1, 1, 0 }, 5)]
    [InlineData("a match beyond the target", new byte[] { 0x1F, 1, 1, 0, 255, 255, 0, 0x50, 1, 2, 3, 4, 5 }, 64)]
    [InlineData("nothing", new byte[0], 64)]
    [InlineData("nothing for nothing", new byte[0], 0)]
    public void Malformed_blocks_are_refused(string what, byte[] block, int length = 10)
    {
        Assert.False(Lz4Block.TryDecode(block, new byte[length]), what);
    }

    [Fact]
    public void A_length_that_overflows_is_refused()
    {
        byte[] block = new byte[9_000_000];
        block.AsSpan().Fill(255);
        Assert.False(Lz4Block.TryDecode(block, new byte[64]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Damaged_and_cut_blocks_are_decoded_without_leaving_the_block_or_the_target(bool atEnd)
    {
        Random random = new(5);
        byte[] intact = Encode(Texts(3000).Single());
        using GuardedBytes target = new(3000, atEnd);
        for (int i = 0; i < 4_000; i++)
        {
            int length = i % 4 == 0 ? random.Next(1, intact.Length) : intact.Length;
            using GuardedBytes block = new(length, atEnd);
            intact.AsSpan(0, length).CopyTo(block.Span);
            for (int changes = random.Next(0, 6); changes > 0; changes--)
            {
                block.Span[random.Next(length)] = (byte)random.Next(256);
            }

            bool whole = Lz4Block.TryDecode(block.Span, target.Span);
            Assert.True(!whole || length == intact.Length);
        }
    }

    private static byte[] Encode(byte[] source)
    {
        byte[] target = new byte[LZ4Codec.MaximumOutputSize(source.Length)];
        int length = LZ4Codec.Encode(source, target);
        Assert.True(length > 0);
        return target[..length];
    }

    /// <summary>Texts of one length up to 70 bytes, of all of them, or a long one.</summary>
    private static IEnumerable<byte[]> Texts(int length)
    {
        Random random = new(42);
        string[] words = ["the ", "inn", "keeper ", "pours ", "a ", "mug", "of ", "ale, ", "and ", "smiles. "];
        StringBuilder text = new();
        while (text.Length < length)
        {
            text.Append(words[random.Next(words.Length)]);
        }

        byte[] bytes = Encoding.ASCII.GetBytes(text.ToString(0, length));
        return length > 70 ? [bytes] : Enumerable.Range(1, length).Select(count => bytes[..count]);
    }
}
