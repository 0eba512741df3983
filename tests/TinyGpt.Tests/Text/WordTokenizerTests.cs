using System.Buffers;
using System.Text;
using TinyGpt.Import;
using Xunit;

namespace TinyGpt.Tests.Text;

/// <summary>GPT-1's tokenizer with its published vocabulary.</summary>
public sealed class WordTokenizerTests
{
    private static readonly Lazy<Tokenizer> Gpt1 =
        new(() => Tokenizer.Create(TokenizerFiles.Read(SharedData.RequireOrSkip("tokenizers/gpt1"), 40478)));

    // Ids and text of a test that Hugging Face's library publishes for the model.
    private static readonly int[] President =
        [481, 4735, 544, 246, 963, 870, 762, 239, 244, 40477, 244, 249, 719, 881, 487, 544, 240, 244, 603, 481];

    [Fact]
    public void Text_has_the_published_ids()
    {
        Assert.IsType<WordTokenizer>(Gpt1.Value);
        Assert.Equal(President[..3], Gpt1.Value.Encode("the president is"));
        Assert.Equal(President[..3], Gpt1.Value.Encode("  The\tPRESIDENT\n\nis "));
        Assert.Equal(President[..9], Gpt1.Value.Encode("The president is a very good man.\""));
        Assert.Empty(Gpt1.Value.Encode(" \n"));
    }

    [Fact]
    public void Words_come_back_with_spaces_between()
    {
        Assert.Equal(
            "the president is a very good man . \" \n \" i 'm sure he is , \" said the",
            Encoding.UTF8.GetString(Gpt1.Value.Decode(President)));
        Assert.Equal(" president"u8.ToArray(), Gpt1.Value.Decode([4735], previous: 481));
        Assert.Equal("the"u8.ToArray(), Gpt1.Value.TokenBytes(481).TrimEnd((byte)' ').ToArray());
    }

    [Theory]
    [InlineData("Hello, world!", "hello , world !")]
    [InlineData("don't", "don ' t")]
    [InlineData("Ol\u00E9, \u0130stanbul", "ole , istanbul")]
    [InlineData("e\u0301t\u00E9", "ete")]
    [InlineData("a\u200Bb\u0000c", "abc")]
    [InlineData("x=$5-ok", "x = $ 5 - ok")]
    [InlineData("  lead and trail \u3000", "lead and trail")]
    public void Text_is_normalized_and_split_as_BERT_does(string text, string decoded) =>
        Assert.Equal(decoded, Encoding.UTF8.GetString(Gpt1.Value.Decode(Gpt1.Value.Encode(text))));

    [Fact]
    public void Characters_without_a_token_are_unknown()
    {
        int[] ids = Gpt1.Value.Encode("\u4E2D\u6587 a\U0001F600b");

        Assert.Equal([0, 0], ids.AsSpan(0, 2).ToArray());
        Assert.Equal("<unk><unk>a<unk>b"u8.ToArray(), Gpt1.Value.Decode(ids));
        Assert.Equal(-1, Gpt1.Value.IndexOfUnencodable([0xFF, 0xFE]));
        Assert.Equal([0], Gpt1.Value.Encode([0xFF]));
        Assert.DoesNotContain(0, Gpt1.Value.Encode("<unk>"));
        Assert.Equal([0], Gpt1.Value.Encode("<unk>", SpecialTokenHandling.Recognize));
    }

    [Fact]
    public void Words_merge_as_the_plain_algorithm_does()
    {
        TokenVocabulary vocabulary = Gpt1.Value.Vocabulary;
        Dictionary<(string, string), int> ranks = [];
        foreach (TokenMerge merge in vocabulary.Merges)
        {
            ranks.Add((Text(merge.Left), Text(merge.Right)), ranks.Count);
        }

        Random random = new(51);
        for (int round = 0; round < 1000; round++)
        {
            string word = string.Concat(Enumerable.Range(0, random.Next(1, 70)).Select(_ => (char)('a' + random.Next(26))));
            List<string> parts = [.. word.Select(letter => letter.ToString())];
            parts[^1] += " ";
            ReferenceBytePairEncoding.Merge(parts, ranks);
            Assert.Equal(parts, Gpt1.Value.Encode(word).Select(Text));
        }

        string Text(int id) => Encoding.UTF8.GetString(vocabulary.TokenBytes(id));
    }

    [Fact]
    public void Text_is_encoded_whole_or_not_at_all()
    {
        int[] ids = new int[3];

        Assert.Equal(OperationStatus.DestinationTooSmall, Gpt1.Value.Encode("the president is a"u8, ids, out int consumed, out int written));
        Assert.Equal((0, 0), (consumed, written));
        Assert.Equal(OperationStatus.Done, Gpt1.Value.Encode("the president is"u8, ids, out consumed, out written));
        Assert.Equal((16, 3), (consumed, written));
    }

    [Fact]
    public void A_word_of_a_million_letters_takes_no_quadratic_time()
    {
        string text = new('a', 1_000_000);
        // No limit is set: a quadratic algorithm would need 10^12 steps and not end within the hour.
        byte[] decoded = Gpt1.Value.Decode(Gpt1.Value.Encode(text));

        Assert.Equal(text, Encoding.UTF8.GetString(decoded));
    }

    [Fact]
    public void The_vocabulary_comes_back_from_its_binary_form()
    {
        using MemoryStream stream = new();
        Gpt1.Value.Vocabulary.Write(stream);

        Tokenizer read = Tokenizer.Create(TokenVocabulary.Read(stream.ToArray(), "memory"));

        Assert.Equal(President[..9], read.Encode("The president is a very good man.\""));
    }
}
