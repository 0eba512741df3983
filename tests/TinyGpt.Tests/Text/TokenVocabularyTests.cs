using System.Buffers.Binary;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class TokenVocabularyTests
{
    // Tiny: 7 tokens with 1, 1, 2, 3, 0, 3 and 3 bytes, 2 merges, 2 special tokens.
    private const int LengthsAt = 24;
    private const int BlobAt = LengthsAt + 14;
    private const int MergesAt = BlobAt + 13;
    private const int SpecialTokensAt = MergesAt + 24;
    private const int Total = SpecialTokensAt + 8;

    [Fact]
    public void The_binary_form_is_the_documented_one()
    {
        byte[] expected =
        [
            .. "TGTV"u8, 1, 0, 0, 0, 7, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 13, 0, 0, 0,
            1, 0, 1, 0, 2, 0, 3, 0, 0, 0, 3, 0, 3, 0,
            .. "a"u8, .. "b"u8, .. "ab"u8, .. "aba"u8, .. "<e>"u8, .. "<f>"u8,
            0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0,
            2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0,
            5, 0, 0, 0, 6, 0, 0, 0,
        ];

        Assert.Equal(expected, Bytes(Vocabularies.Tiny()));
        Assert.Equal(Total, expected.Length);
    }

    [Fact]
    public void What_was_written_is_read()
    {
        TokenVocabulary written = Vocabularies.Small();

        TokenVocabulary read = TokenVocabulary.Read(Bytes(written), "memory");

        Assert.Equal(written.Count, read.Count);
        Assert.Equal(written.LongestToken, read.LongestToken);
        Assert.True(written.Merges.SequenceEqual(read.Merges));
        Assert.Equal([new SpecialToken("<|endoftext|>", 261), new SpecialToken("<|end", 263)], read.SpecialTokens.ToArray());
        for (int id = 0; id < read.Count; id++)
        {
            Assert.True(written.TokenBytes(id).SequenceEqual(read.TokenBytes(id)));
            Assert.Equal(!read.TokenBytes(id).IsEmpty, read.TryGetId(read.TokenBytes(id), out int found));
            Assert.Equal(read.TokenBytes(id).IsEmpty ? -1 : id, found);
        }
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        for (int length = 0; length < data.Length; length++)
        {
            ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenVocabulary.Read(data.AsSpan(0, length), "cut"));
            Assert.Equal("cut", error.File);
        }

        Assert.Throws<ModelFormatException>(() => TokenVocabulary.Read([.. data, 0], "long"));
    }

    [Fact]
    public void Every_flipped_bit_is_refused_or_makes_another_valid_vocabulary()
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        int refused = 0;
        for (int bit = 0; bit < data.Length * 8; bit++)
        {
            byte[] flipped = (byte[])data.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                TokenVocabulary vocabulary = TokenVocabulary.Read(flipped, "flipped");
                Assert.Equal(flipped, Bytes(vocabulary));
                _ = new BytePairTokenizer(vocabulary);
            }
            catch (ModelFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, data.Length * 6, (data.Length * 8) - 1);
    }

    [Fact]
    public void Random_damage_is_refused_or_makes_another_valid_vocabulary()
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        Random random = new(3);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = data[..(random.Next(4) == 0 ? random.Next(data.Length) : data.Length)];
            for (int changes = random.Next(1, 5); changes > 0 && damaged.Length > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(random.Next(2) == 0 ? 8 : 256);
            }

            try
            {
                TokenVocabulary.Read(damaged, "damaged");
            }
            catch (ModelFormatException)
            {
                // Any other exception fails the test.
            }
        }
    }

    [Theory]
    [InlineData(0, 0x21, "not a vocabulary", 0)]
    [InlineData(4, 4, "version 4 is not supported", 4)]
    [InlineData(8, 0, "0 tokens", 8)]
    [InlineData(8, 0x100001, "1048577 tokens", 8)]
    [InlineData(8, int.MaxValue, "2147483647 tokens", 8)]
    [InlineData(8, -1, "4294967295 tokens", 8)]
    [InlineData(8, 1 << 20, "make 2097221 bytes", 8)]
    [InlineData(12, 1 << 20, "make 12582971 bytes", 8)]
    [InlineData(12, (1 << 20) + 1, "1048577 merges", 8)]
    [InlineData(12, -1, "4294967295 merges", 8)]
    [InlineData(16, 4097, "4097 special tokens", 8)]
    [InlineData(16, -1, "4294967295 special tokens", 8)]
    [InlineData(20, -1, "4294967365 bytes, but it has 83", 8)]
    [InlineData(20, 12, "make 82 bytes, but it has 83", 8)]
    [InlineData(MergesAt, 7, "merge 0 names token 7, but ids end at 6", MergesAt)]
    [InlineData(MergesAt, -1, "merge 0 names token 4294967295", MergesAt)]
    [InlineData(MergesAt + 4, 4, "merge 0 names token 4, which has no bytes", MergesAt)]
    [InlineData(MergesAt + 8, 3, "merge 0 makes token 3, whose bytes are not those of tokens 0 and 1", MergesAt)]
    [InlineData(MergesAt + 12, 5, "merge 1 names token 5, which is special", MergesAt + 12)]
    [InlineData(MergesAt + 16, 1, "merge 1 makes token 3, whose bytes", MergesAt + 12)]
    [InlineData(SpecialTokensAt, 7, "special token 0 has id 7", SpecialTokensAt)]
    [InlineData(SpecialTokensAt, 4, "special token 4 has no bytes", SpecialTokensAt)]
    [InlineData(SpecialTokensAt, 6, "special token 1 has id 6, which is not greater", SpecialTokensAt + 4)]
    [InlineData(SpecialTokensAt + 4, 5, "special token 1 has id 5, which is not greater", SpecialTokensAt + 4)]
    [InlineData(SpecialTokensAt + 4, -1, "special token 1 has id 4294967295", SpecialTokensAt + 4)]
    [InlineData(LengthsAt, 0x00010401, "token 0 has 1025 bytes", LengthsAt)]
    [InlineData(LengthsAt + 2, 0x00020002, "add up to 14, not to 13", LengthsAt)]
    public void A_wrong_number_is_named_with_its_place(int at, int value, string reason, int offset)
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(at), value);

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenVocabulary.Read(data, "bad"));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Theory]
    [InlineData(BlobAt + 1, 'a', "tokens 0 and 1 have the same bytes", BlobAt + 1)]
    [InlineData(BlobAt + 11, 'e', "tokens 5 and 6 have the same bytes", BlobAt + 10)]
    [InlineData(BlobAt + 7, 0xFF, "special token 5 is not valid UTF-8", SpecialTokensAt)]
    [InlineData(BlobAt + 6, 'b', "merge 1 makes token 3", MergesAt + 12)]
    public void A_wrong_byte_of_a_token_is_named_with_its_place(int at, int value, string reason, int offset)
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        data[at] = (byte)value;

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenVocabulary.Read(data, "bad"));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal(offset, error.Offset);
    }

    [Fact]
    public void A_pair_merges_once()
    {
        byte[] data = Bytes(Vocabularies.Tiny());
        data.AsSpan(MergesAt, 12).CopyTo(data.AsSpan(MergesAt + 12));

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => TokenVocabulary.Read(data, "bad"));

        Assert.Contains("merge 1 joins the same pair as merge 0", error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Making_one_checks_the_same_rules()
    {
        byte[] a = "a"u8.ToArray();
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([], [], []));
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([a, a], [], []));
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([new byte[1025]], [], []));
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([a], [new TokenMerge(0, 0, 1)], []));
        Assert.Throws<ArgumentException>(() => TokenVocabulary.Create([a], [], [1]));
        Assert.Equal(1024, TokenVocabulary.Create([a, new byte[1024]], [], [0]).LongestToken);
    }

    private static byte[] Bytes(TokenVocabulary vocabulary)
    {
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        return stream.ToArray();
    }
}
