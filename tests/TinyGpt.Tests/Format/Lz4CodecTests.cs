using System.Text;
using TinyGpt.Format;
using Xunit;

namespace TinyGpt.Tests.Format;

public sealed class Lz4CodecTests
{
    public static TheoryData<string> Kinds => ["random", "runs", "text", "zeros", "period3", "smallAlphabet", "halfRandom"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_was_encoded_decodes_to_itself(string kind)
    {
        foreach (byte[] source in Inputs(kind))
        {
            byte[] block = Encode(source);
            byte[] back = new byte[source.Length];
            Assert.Equal(source.Length, Lz4Codec.Decode(block, back));
            Assert.Equal(source, back);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_foreign_decoder_reads_our_blocks(string kind)
    {
        NativeLz4.SkipWhereAbsent();
        foreach (byte[] source in Inputs(kind))
        {
            byte[] back = new byte[source.Length];
            Assert.Equal(source.Length, NativeLz4.Decode(Encode(source), back));
            Assert.Equal(source, back);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Our_decoder_reads_foreign_blocks(string kind)
    {
        NativeLz4.SkipWhereAbsent();
        foreach (byte[] source in Inputs(kind))
        {
            byte[] back = new byte[source.Length];
            Assert.Equal(source.Length, Lz4Codec.Decode(NativeLz4.Encode(source), back));
            Assert.Equal(source, back);
        }
    }

    [Fact]
    public void Damaged_blocks_that_both_decoders_accept_decode_alike()
    {
        NativeLz4.SkipWhereAbsent();
        Random random = new(11);
        int accepted = 0;
        foreach (byte[] source in Inputs("text").Concat(Inputs("runs")).Where(input => input.Length is > 0 and < 5000))
        {
            byte[] block = Encode(source);
            for (int i = 0; i < 50; i++)
            {
                byte[] damaged = (byte[])block.Clone();
                damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                byte[] ours = new byte[source.Length];
                byte[] theirs = new byte[source.Length];
                int length = NativeLz4.Decode(damaged, theirs);
                int ourLength = Lz4Codec.Decode(damaged, ours);
                // The library lets an offset of 0 pass in places; we never do.
                if (length >= 0 && ourLength >= 0)
                {
                    accepted++;
                    Assert.Equal(length, ourLength);
                    Assert.Equal(theirs[..length], ours[..length]);
                }
            }
        }

        Assert.True(accepted > 100);
    }

    [Fact]
    public void Damaged_blocks_never_write_outside_the_target()
    {
        Random random = new(5);
        byte[] source = Inputs("text").First(input => input.Length > 1000);
        byte[] block = Encode(source);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])block.Clone();
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            byte[] guarded = new byte[source.Length + 64];
            guarded.AsSpan().Fill(0xA5);
            Lz4Codec.Decode(damaged, guarded.AsSpan(32, source.Length));
            Assert.Equal(-1, guarded.AsSpan(0, 32).IndexOfAnyExcept((byte)0xA5));
            Assert.Equal(-1, guarded.AsSpan(32 + source.Length).IndexOfAnyExcept((byte)0xA5));
        }
    }

    [Fact]
    public void A_block_cut_short_is_refused_or_shorter_at_every_byte()
    {
        byte[] source = Inputs("text").First(input => input.Length > 1000);
        byte[] block = Encode(source);
        byte[] target = new byte[source.Length];
        for (int length = 0; length < block.Length; length++)
        {
            Assert.True(Lz4Codec.Decode(block.AsSpan(0, length), target) < source.Length);
        }
    }

    [Theory]
    [InlineData("offset 0", new byte[] { 0x10, 1, 0, 0, 0x50, 1, 2, 3, 4, 5 })]
    [InlineData("offset before the start", new byte[] { 0x10, 1, 2, 0, 0x50, 1, 2, 3, 4, 5 })]
    [InlineData("literals beyond the block", new byte[] { 0x50, 1, 2, 3 })]
    [InlineData("a length that does not end", new byte[] { 0xF0, 255, 255, 255 })]
    [InlineData("half an offset", new byte[] { 0x10, 1, 1 })]
    [InlineData("a match at the end", new byte[] { 0x10, 1, 1, 0 })]
    [InlineData("a match beyond the target", new byte[] { 0x1F, 1, 1, 0, 255, 255, 0, 0x50, 1, 2, 3, 4, 5 })]
    [InlineData("literals beyond the target", new byte[] { 0xF0, 255, 255, 255 })]
    [InlineData("nothing", new byte[0])]
    public void Malformed_blocks_are_refused(string what, byte[] block)
    {
        Assert.True(Lz4Codec.Decode(block, new byte[64]) < 0, what);
    }

    [Fact]
    public void A_length_that_overflows_is_refused()
    {
        byte[] block = new byte[9_000_000];
        block.AsSpan().Fill(255);
        Assert.True(Lz4Codec.Decode(block, new byte[64]) < 0);
    }

    [Fact]
    public void A_target_that_is_too_small_gives_a_negative_length()
    {
        foreach (byte[] source in Inputs("text").Where(input => input.Length < 3000))
        {
            byte[] block = Encode(source);
            for (int length = 0; length < block.Length; length++)
            {
                Assert.True(Lz4Codec.Encode(source, new byte[length]) < 0);
            }

            Assert.Equal(block.Length, Lz4Codec.Encode(source, new byte[block.Length]));
        }
    }

    [Fact]
    public void Runs_become_small_and_noise_stays_within_the_bound()
    {
        Assert.True(Encode(new byte[1_000_000]).Length < 4000);
        byte[] noise = new byte[1_000_000];
        new Random(3).NextBytes(noise);
        Assert.InRange(Encode(noise).Length, noise.Length, Lz4Codec.MaximumOutputSize(noise.Length));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void Impossible_lengths_are_arguments_out_of_range(int length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Lz4Codec.MaximumOutputSize(length));
    }

    private static byte[] Encode(byte[] source)
    {
        byte[] target = new byte[Lz4Codec.MaximumOutputSize(source.Length)];
        int length = Lz4Codec.Encode(source, target);
        Assert.True(length > 0);
        return target[..length];
    }

    private static IEnumerable<byte[]> Inputs(string kind)
    {
        Random random = new(42);
        IEnumerable<int> sizes = Enumerable.Range(0, 71).Concat([100, 255, 256, 270, 271, 1000, 4096, 65_535, 65_536, 70_000, 400_000]);
        foreach (int size in sizes)
        {
            byte[] bytes = new byte[size];
            Fill(bytes, kind, random);
            yield return bytes;
        }
    }

    private static void Fill(byte[] bytes, string kind, Random random)
    {
        switch (kind)
        {
            case "random":
                random.NextBytes(bytes);
                break;
            case "runs":
                for (int i = 0; i < bytes.Length;)
                {
                    int run = Math.Min(random.Next(1, 600), bytes.Length - i);
                    bytes.AsSpan(i, run).Fill((byte)random.Next(256));
                    i += run;
                }

                break;
            case "text":
                string[] words = ["the ", "inn", "keeper ", "pours ", "a ", "mug", "of ", "ale, ", "and ", "smiles. "];
                StringBuilder text = new();
                while (text.Length < bytes.Length)
                {
                    text.Append(words[random.Next(words.Length)]);
                }

                Encoding.ASCII.GetBytes(text.ToString(0, bytes.Length), bytes);
                break;
            case "zeros":
                break;
            case "period3":
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)(i % 3);
                }

                break;
            case "smallAlphabet":
                for (int i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)random.Next(3);
                }

                break;
            case "halfRandom":
                random.NextBytes(bytes.AsSpan(0, bytes.Length / 2));
                bytes.AsSpan(0, bytes.Length / 2).CopyTo(bytes.AsSpan(bytes.Length - (bytes.Length / 2)));
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind));
        }
    }
}
