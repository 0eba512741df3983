using System.Buffers;
using System.Text;
using TinyGpt.Text.Merging;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class BytePairTokenizerTests
{
    private static readonly BytePairTokenizer Small = new(Vocabularies.Small());

    private static int EndOfText => Small.VocabularySize - 3;

    private static int EndPrefix => Small.VocabularySize - 1;

    [Fact]
    public void Merges_come_lowest_rank_first()
    {
        Assert.Equal([259, (int)'!'], Small.Encode("hello!")); // ll, he, llo, hello
        Assert.Equal([260, 260, (int)'a'], Small.Encode("aaaaa"));
        Assert.Empty(Small.Encode(""));
    }

    [Fact]
    public void A_special_token_is_text_unless_it_is_asked_for()
    {
        int[] asText = Small.Encode("a<|endoftext|>");

        Assert.Equal("a<|endoftext|>".Length, asText.Length);
        Assert.DoesNotContain(EndOfText, asText);
        Assert.Equal(['a', EndOfText], Small.Encode("a<|endoftext|>", SpecialTokenHandling.Recognize));
    }

    [Theory]
    [InlineData("<|endoftext|><|endoftext|>", "EE")]
    [InlineData("<|endofte", "P|111|102|116|101")]
    [InlineData("<<|end", "60|P")]
    [InlineData("  <|end  ", "32|32|P|32|32")]
    [InlineData("<|en", "60|124|101|110")]
    public void The_longest_special_token_is_recognized(string text, string expected)
    {
        IEnumerable<string> ids = Small.Encode(text, SpecialTokenHandling.Recognize)
            .Select(id => id == EndOfText ? "E" : id == EndPrefix ? "P" : $"{id}");

        Assert.Equal(expected.Replace("EE", "E|E", StringComparison.Ordinal), string.Join('|', ids));
    }

    [Fact]
    public void Special_tokens_are_found_by_name()
    {
        Assert.True(Small.TryGetEndOfText(out int id));
        Assert.Equal(EndOfText, id);
        Assert.True(Small.TryGetSpecialToken("<|end", out id));
        Assert.Equal(EndPrefix, id);
        Assert.False(Small.TryGetSpecialToken("hello", out id));
        Assert.Equal(-1, id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Short_and_long_pieces_merge_alike(bool shuffle)
    {
        Random random = new(7);
        for (int round = 0; round < 300; round++)
        {
            TokenVocabulary vocabulary = Vocabularies.RandomMerges(random, 40, shuffle);
            for (int length = 1; length <= PieceMerger.MostTokens; length += 1 + random.Next(6))
            {
                int[] tokens = [.. Enumerable.Range(0, length).Select(_ => 'a' + random.Next(3))];
                int[] merged = new int[length];
                Assert.True(PieceMerger.MergeLong(tokens, vocabulary.MergeIndex, merged, out int count));

                int expected = PieceMerger.Merge(tokens, vocabulary.MergeIndex);

                Assert.Equal(tokens[..expected], merged[..count]);
            }
        }
    }

    [Fact]
    public void Pieces_of_any_length_merge_as_the_plain_algorithm_does()
    {
        Random random = new(8);
        for (int round = 0; round < 60; round++)
        {
            TokenVocabulary vocabulary = Vocabularies.RandomMerges(random, 60, shuffle: false);
            Dictionary<(string, string), int> ranks = [];
            foreach (TokenMerge merge in vocabulary.Merges)
            {
                ranks.Add((Written(vocabulary, merge.Left), Written(vocabulary, merge.Right)), ranks.Count);
            }

            byte[] text = [.. Enumerable.Range(0, random.Next(1, 300)).Select(_ => (byte)('a' + random.Next(3)))];
            List<string> expected = [.. text.Select(value => ((char)value).ToString())];
            ReferenceBytePairEncoding.Merge(expected, ranks);

            int[] ids = new BytePairTokenizer(vocabulary).Encode(text);

            Assert.Equal(expected, ids.Select(id => Written(vocabulary, id)));
        }
    }

    [Fact]
    public void Any_bytes_come_back_as_they_were()
    {
        Random random = new(9);
        for (int round = 0; round < 500; round++)
        {
            byte[] text = new byte[random.Next(200)];
            random.NextBytes(text);
            Assert.Equal(text, Small.Decode(Small.Encode(text)));
        }

        for (int value = 0; value < 256; value++)
        {
            Assert.Equal([value], Small.Encode([(byte)value]));
        }
    }

    [Fact]
    public void A_surrogate_without_partner_is_the_replacement_character()
    {
        Assert.Equal("x\uFFFDy"u8.ToArray(), Small.Decode(Small.Encode("x\uD800y")));
    }

    [Fact]
    public void Encoding_goes_on_where_there_was_no_more_room()
    {
        byte[] text = Encoding.UTF8.GetBytes("hello <|endoftext|>aaaa  hello, aaa<|end"); // pieces of 5 tokens at most
        foreach (SpecialTokenHandling handling in Enum.GetValues<SpecialTokenHandling>())
        {
            int[] expected = Small.Encode(text, handling);
            for (int room = 10; room <= text.Length; room++)
            {
                List<int> ids = [];
                int start = 0;
                OperationStatus status = OperationStatus.DestinationTooSmall;
                while (status == OperationStatus.DestinationTooSmall)
                {
                    int[] some = new int[room];
                    status = Small.Encode(text.AsSpan(start), some, out int consumed, out int written, handling);
                    Assert.Equal(text[start..(start + consumed)], Small.Decode(some.AsSpan(0, written)));
                    ids.AddRange(some[..written]);
                    start += consumed;
                }

                Assert.Equal(OperationStatus.Done, status);
                Assert.Equal(expected, ids);
            }
        }
    }

    [Fact]
    public void Nothing_is_written_where_the_first_piece_does_not_fit()
    {
        OperationStatus status = Small.Encode("hex"u8, new int[1], out int consumed, out int written);

        Assert.Equal((OperationStatus.DestinationTooSmall, 0, 0), (status, consumed, written));
        byte[] longPiece = [.. Enumerable.Repeat((byte)'x', 1000)];
        status = Small.Encode(longPiece, new int[999], out consumed, out written);
        Assert.Equal((OperationStatus.DestinationTooSmall, 0, 0), (status, consumed, written));
        status = Small.Encode("<|end"u8, [], out consumed, out written, SpecialTokenHandling.Recognize);
        Assert.Equal((OperationStatus.DestinationTooSmall, 0, 0), (status, consumed, written));
    }

    [Fact]
    public void Decoding_stops_before_the_token_that_does_not_fit()
    {
        int[] ids = [259, 'x', EndOfText - 1, EndOfText + 1, 259];
        byte[] bytes = new byte[12];

        Assert.False(Small.Decode(ids, bytes, out int consumed, out int written));
        Assert.Equal((4, "helloxaa".Length), (consumed, written));
        Assert.True(Small.Decode(ids, new byte[13], out consumed, out written));
        Assert.Equal((5, 13), (consumed, written));
        Assert.Throws<ArgumentOutOfRangeException>(() => Small.Decode([Small.VocabularySize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Small.TokenBytes(-1).Length);
    }

    [Fact]
    public void A_byte_without_a_token_is_named()
    {
        BytePairTokenizer tokenizer = new(Vocabularies.Tiny());

        TokenizationException error = Assert.Throws<TokenizationException>(() => tokenizer.Encode("aba cab"));

        Assert.Equal(((byte)' ', 3), (error.Value, error.Offset));
        Assert.Equal(3, tokenizer.IndexOfUnencodable("aba cab"u8));
        Assert.Equal(-1, tokenizer.IndexOfUnencodable("abba"u8));
        Assert.Equal(OperationStatus.InvalidData, tokenizer.Encode("aba cab"u8, new int[9], out int consumed, out int written));
        Assert.Equal((3, 1), (consumed, written));
        string longPiece = new string('b', 100) + "c";
        Assert.Equal(100, Assert.Throws<TokenizationException>(() => tokenizer.Encode(longPiece)).Offset);
    }

    [Fact]
    public void A_special_token_needs_no_tokens_for_its_bytes()
    {
        BytePairTokenizer tokenizer = new(Vocabularies.Tiny());

        Assert.Equal([5, 2, 6], tokenizer.Encode("<e>ab<f>", SpecialTokenHandling.Recognize));
        Assert.Equal(-1, tokenizer.IndexOfUnencodable("<e>ab<f>"u8, SpecialTokenHandling.Recognize));
        Assert.Equal(0, tokenizer.IndexOfUnencodable("<e>ab<f>"u8));
        Assert.Equal(8, tokenizer.IndexOfUnencodable("<e>ab<f><"u8, SpecialTokenHandling.Recognize));
        TokenizationException error = Assert.Throws<TokenizationException>(
            () => tokenizer.Encode("ab<e>b?", SpecialTokenHandling.Recognize));
        Assert.Equal(6, error.Offset);
    }

    [Fact]
    public void A_special_token_of_one_byte_does_not_take_that_byte_s_place()
    {
        BytePairTokenizer tokenizer = new(TokenVocabulary.Create(["a"u8.ToArray(), "$"u8.ToArray()], [], [1]));

        Assert.Equal([0, 1], tokenizer.Encode("a$", SpecialTokenHandling.Recognize));
        Assert.Throws<TokenizationException>(() => tokenizer.Encode("a$"));
    }

    [Fact]
    public void Encoding_into_a_span_allocates_nothing()
    {
        byte[] text = Encoding.UTF8.GetBytes("hello, it's a w\u00F6rld <|endoftext|>");
        int[] ids = new int[text.Length];
        Encode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Encode();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Encode() => Small.Encode(text, ids, out _, out _, SpecialTokenHandling.Recognize);
    }

    [Fact]
    public void Long_pieces_take_no_quadratic_time()
    {
        byte[] text = [.. Enumerable.Repeat((byte)'a', 1_000_000)];
        // No limit is set: a quadratic algorithm would need 10^12 steps and not end within the hour.
        Assert.Equal(500_000, Small.Encode(text).Length);
    }

    private static string Written(TokenVocabulary vocabulary, int id) => Encoding.Latin1.GetString(vocabulary.TokenBytes(id));
}
