using System.Buffers;
using System.Text;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Tests.Text;

public sealed class SentencePieceTokenizerTests
{
    private static readonly string[] Words =
        [" t", "he", " the", "in", " a", "an", "er", " ", "t", "h", "e", "i", "n", "a", "r", "s", "\u00E9", "\u4E2D", "  ", "    ", ".", " inn"];

    private static readonly TokenVocabulary Vocabulary = Pieces.Scored(Words);
    private static readonly Tokenizer Small = Tokenizer.Create(Vocabulary);

    [Fact]
    public void The_best_score_merges_first_and_the_text_begins_with_a_space()
    {
        Assert.Equal([" the", " ", "in", "n"], Texts(Small.Encode("the inn"))); // nothing makes the " in" that " inn" would need
        Assert.Equal([" the", "er"], Texts(Small.Encode("theer")));
        Assert.Empty(Small.Encode(""));
    }

    [Fact]
    public void Equal_scores_merge_from_the_left()
    {
        Tokenizer equal = Tokenizer.Create(Pieces.Scored([("a", 0f), ("aa", -1f), ("aaa", -1f), (" ", -5f)]));

        Assert.Equal([" ", "aaa", "aa"], Texts(equal, equal.Encode("aaaaa")));
    }

    [Fact]
    public void Random_text_has_the_ids_of_the_plain_algorithm()
    {
        Random random = new(41);
        Dictionary<string, (int Id, float Score)> pieces = Pieces.ByText(Vocabulary);
        for (int round = 0; round < 3000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => Words[random.Next(Words.Length)]));
            Assert.Equal(Pieces.EncodePlainly(pieces, text), Small.Encode(text));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_vocabularies_merge_as_the_plain_algorithm_does(bool overSpaces)
    {
        Random random = new(42);
        string letters = overSpaces ? "ab " : "abc";
        for (int round = 0; round < 80; round++)
        {
            HashSet<string> taken = [.. letters.Select(letter => letter.ToString()), " "];
            while (taken.Count < 40)
            {
                string left = taken.ElementAt(random.Next(taken.Count));
                string whole = left + taken.ElementAt(random.Next(taken.Count));
                taken.Add(whole.Length <= 12 ? whole : left);
            }

            TokenVocabulary vocabulary = Pieces.Scored([.. taken.Select(piece => (piece, (float)-random.Next(25)))]);
            Dictionary<string, (int Id, float Score)> pieces = Pieces.ByText(vocabulary);
            Tokenizer tokenizer = Tokenizer.Create(vocabulary);
            for (int texts = 0; texts < 10; texts++)
            {
                string text = string.Concat(Enumerable.Range(0, random.Next(1, 150)).Select(_ => letters[random.Next(letters.Length)]));
                Assert.Equal(Pieces.EncodePlainly(pieces, text), tokenizer.Encode(text));
            }
        }
    }

    [Fact]
    public void Merges_by_rank_do_the_same_as_scores_in_their_order()
    {
        string[] pieces = [" ", "t", "h", "e", "r", "n", " t", "he", "the", " the", "er", "en"];
        Tokenizer ranked = Tokenizer.Create(Pieces.Ranked(pieces, [(" ", "t"), ("h", "e"), ("t", "he"), (" t", "he"), ("e", "r"), ("e", "n")]));
        Tokenizer scored = Tokenizer.Create(Pieces.Scored(
            [.. pieces.Select((piece, index) => (piece, (float)-(piece is "the" or " the" ? 20 + index : index)))]));
        Random random = new(43);
        for (int round = 0; round < 2000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 80)).Select(_ => "thern \u00E9"[random.Next(7)]));
            Assert.Equal(scored.Encode(text), ranked.Encode(text));
        }
    }

    [Fact]
    public void What_is_no_token_becomes_its_bytes()
    {
        int[] ids = Small.Encode("\u00E9\u00E8\n");

        Assert.Equal([" ", "\u00E9"], Texts(ids.AsSpan(0, 2)));
        Assert.Equal([Pieces.FirstByte + 0xC3, Pieces.FirstByte + 0xA8, Pieces.FirstByte + '\n'], ids[2..]);
    }

    [Fact]
    public void Without_bytes_several_unknown_characters_become_one_token()
    {
        Tokenizer tokenizer = Tokenizer.Create(Pieces.Scored(Words, withBytes: false));

        Assert.Equal([" t", "<unk>", "h", "<unk>", " ", "<unk>"], Texts(tokenizer, tokenizer.Encode("tXYZh\u00FC\u00FC \u00FC")));
        Assert.Equal(-1, tokenizer.IndexOfUnencodable("XYZ"u8));
    }

    [Fact]
    public void Any_bytes_come_back_as_they_were()
    {
        Random random = new(44);
        foreach (Tokenizer tokenizer in new[] { Small, Tokenizer.Create(Pieces.Scored(Words, change: rules => rules with { PrefixSpace = PrefixSpace.None })) })
        {
            for (int round = 0; round < 1000; round++)
            {
                byte[] text = new byte[random.Next(120)];
                random.NextBytes(text);
                Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
            }

            foreach (string text in new[] { " ", "  ", " the", "\u2581", " \u2581 ", "<s>", "</s> ", "<0x0A>", "<unk>", "\uFFFD" })
            {
                Assert.Equal(text, Encoding.UTF8.GetString(tokenizer.Decode(tokenizer.Encode(text))));
                Assert.DoesNotContain(tokenizer.Encode(text), id => id <= Pieces.End);
            }
        }
    }

    [Fact]
    public void Behind_a_special_token_text_begins_again()
    {
        int[] ids = Small.Encode("the</s>the", SpecialTokenHandling.Recognize);

        Assert.Equal([" the", "</s>", " the"], Texts(ids));
        Assert.Equal("the</s>the"u8.ToArray(), Small.Decode(ids));
    }

    [Fact]
    public void Text_behind_text_has_no_space_put_before_it()
    {
        int[] first = Small.Encode("the");
        int[] second = Small.Encode("the", position: Small.PositionAfter(first[^1]));

        Assert.Equal(["t", "he"], Texts(second));
        Assert.Equal("thethe"u8.ToArray(), Small.Decode([.. first, .. second]));
        Assert.Equal("the"u8.ToArray(), Small.Decode(second, previous: first[^1]));
        Assert.Equal(TextPosition.Start, Small.PositionAfter(-1));
        Assert.Equal(TextPosition.Start, Small.PositionAfter(Pieces.Begin));
    }

    [Fact]
    public void A_document_begins_with_the_token_that_the_model_wants()
    {
        int[] ids = Small.EncodeDocument("the"u8);

        Assert.Equal(Pieces.Begin, Small.BeginOfText);
        Assert.Equal(["<s>", " the"], Texts(ids));
        Assert.Equal("the"u8.ToArray(), Small.Decode(ids.AsSpan(1), previous: ids[0]));
    }

    [Fact]
    public void A_space_that_is_there_can_do_for_the_one_before_a_text()
    {
        Tokenizer unless = Tokenizer.Create(Pieces.Scored(
            Words, change: rules => rules with { PrefixSpace = PrefixSpace.UnlessThere, PrefixAfterAddedTokens = false }));

        Assert.Equal([" the"], Texts(unless, unless.Encode(" the")));
        Assert.Equal([" the", "</s>", "t", "he"], Texts(unless, unless.Encode("the</s>the", SpecialTokenHandling.Recognize)));
        Assert.Equal("the"u8.ToArray(), unless.Decode(unless.EncodeDocument("the"u8).AsSpan(1), previous: Pieces.Begin));
    }

    [Fact]
    public void Text_can_be_cut_before_every_space()
    {
        Tokenizer cutting = Tokenizer.Create(Pieces.Scored(Words, change: rules => rules with { Splitting = PreSplitting.Spaces }));

        Assert.Equal([" ", " ", " ", " the"], Texts(cutting, cutting.Encode("   the")));
        Assert.Equal(["  ", " ", " the"], Texts(Small.Encode("   the")));
    }

    [Fact]
    public void Encoding_goes_on_where_there_was_no_more_room()
    {
        byte[] text = "the inn <s>  an \u00FC in</s>t"u8.ToArray();
        int[] expected = Small.Encode(text, SpecialTokenHandling.Recognize);
        for (int room = 8; room <= expected.Length; room++)
        {
            List<int> ids = [];
            int start = 0;
            OperationStatus status;
            do
            {
                int[] some = new int[room];
                status = Small.Encode(
                    text.AsSpan(start), some, out int consumed, out int written, SpecialTokenHandling.Recognize,
                    Small.PositionAfter(ids.Count == 0 ? -1 : ids[^1]));
                ids.AddRange(some[..written]);
                start += consumed;
            }
            while (status == OperationStatus.DestinationTooSmall);

            Assert.Equal(OperationStatus.Done, status);
            Assert.Equal(expected, ids);
        }
    }

    [Fact]
    public void Decoding_allocates_nothing_and_encoding_neither()
    {
        byte[] text = "the inn, \u00FCber an"u8.ToArray();
        int[] ids = Small.Encode(text);
        int[] room = new int[100];
        byte[] bytes = new byte[100];
        Work();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Work();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Work()
        {
            Small.Decode(ids, bytes, out _, out _);
            Small.Encode(text, room, out _, out _);
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\u00FC")]
    [InlineData("the ")]
    public void A_million_bytes_take_no_quadratic_time(string part)
    {
        string text = string.Concat(Enumerable.Repeat(part, 1_000_000 / part.Length));
        // No limit is set: a quadratic algorithm would need 10^12 steps and not end within the hour.
        byte[] decoded = Small.Decode(Small.Encode(text));

        Assert.Equal(text, Encoding.UTF8.GetString(decoded));
    }

    [Fact]
    public void The_vocabulary_comes_back_from_its_binary_form()
    {
        using MemoryStream stream = new();
        Vocabulary.Write(stream);

        TokenVocabulary read = TokenVocabulary.Read(stream.ToArray(), "memory");

        Assert.Equal(Vocabulary.Rules, read.Rules);
        Assert.Equal(Vocabulary.Scores.ToArray(), read.Scores.ToArray());
        Assert.Equal(Vocabulary.ByteTokens.ToArray(), read.ByteTokens.ToArray());
        Assert.Equal(Vocabulary.SpecialTokens.ToArray(), read.SpecialTokens.ToArray());
        Assert.Equal(Small.Encode("the inn"), Tokenizer.Create(read).Encode("the inn"));
        Assert.Throws<ArgumentException>(() => new BytePairTokenizer(read));
    }

    private static List<string> Texts(ReadOnlySpan<int> ids) => Texts(Small, ids);

    private static List<string> Texts(Tokenizer tokenizer, ReadOnlySpan<int> ids)
    {
        List<string> texts = [];
        foreach (int id in ids)
        {
            texts.Add(Encoding.UTF8.GetString(tokenizer.TokenBytes(id)));
        }

        return texts;
    }
}
