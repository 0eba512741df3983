using System.Text;
using TinyGpt.Import;
using Xunit;

namespace TinyGpt.Tests.Text;

/// <summary>The tokenizer with GPT-2's own vocabulary, and a small model's vocabulary of characters.</summary>
public sealed class Gpt2VocabularyTests
{
    private static readonly Lazy<BytePairTokenizer> Tokenizer =
        new(() => new BytePairTokenizer(TokenizerFiles.Read(SharedData.RequireOrSkip("tokenizers/gpt2"), 50257)));

    [Theory]
    [InlineData("Hello world", new[] { 15496, 995 })]
    [InlineData("hello world", new[] { 31373, 995 })]
    [InlineData("Hello, world!", new[] { 15496, 11, 995, 0 })]
    [InlineData("The quick brown fox jumps over the lazy dog", new[] { 464, 2068, 7586, 21831, 18045, 625, 262, 16931, 3290 })]
    [InlineData("\n", new[] { 198 })]
    [InlineData("<|endoftext|>", new[] { 27, 91, 437, 1659, 5239, 91, 29 })]
    public void Text_has_the_published_ids(string text, int[] ids)
    {
        Assert.Equal(ids, Tokenizer.Value.Encode(text));
    }

    [Fact]
    public void The_end_of_a_text_is_a_special_token()
    {
        Assert.Equal([50256], Tokenizer.Value.Encode("<|endoftext|>", SpecialTokenHandling.Recognize));
        Assert.True(Tokenizer.Value.TryGetEndOfText(out int id));
        Assert.Equal(50256, id);
        Assert.Equal(50257, Tokenizer.Value.VocabularySize);
    }

    [Fact]
    public void Random_text_has_the_ids_of_the_plain_algorithm()
    {
        ReferenceBytePairEncoding reference = new(SharedData.RequireOrSkip("tokenizers/gpt2"));
        string[] words =
        [
            "the", " the", " inn", "keeper", "'s", "'ll", " ", "  ", "\n", "\n\n", "!", "...", "12", "2026", "Stra\u00DFe", "\u4E2D\u6587",
            "\u0416\u0438", "\u00A0", "\u3000", "\u00E9", "e\u0301", "zzzzzzzz", "aaaaaaaaaaaa", "====", "antidisestablishmentarianism",
            "\u20AC", "\u2764\uFE0F", "x", "Q", "_", "<|", "endoftext", "|>", "\t", "\u0663", "\u00BD",
        ];
        Random random = new(11);
        for (int round = 0; round < 1500; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => words[random.Next(words.Length)]));
            Assert.Equal(reference.Encode(text), Tokenizer.Value.Encode(text));
        }
    }

    [Fact]
    public void Random_letters_have_the_ids_of_the_plain_algorithm()
    {
        ReferenceBytePairEncoding reference = new(SharedData.RequireOrSkip("tokenizers/gpt2"));
        Random random = new(12);
        for (int round = 0; round < 300; round++)
        {
            int letters = random.Next(2, 27);
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 200)).Select(_ => (char)('a' + random.Next(letters))));
            Assert.Equal(reference.Encode(text), Tokenizer.Value.Encode(text));
        }
    }

    [Fact]
    public void Every_byte_and_any_bytes_come_back_as_they_were()
    {
        Random random = new(13);
        byte[] text = new byte[20_000];
        random.NextBytes(text);

        Assert.Equal(text, Tokenizer.Value.Decode(Tokenizer.Value.Encode(text)));
        for (int value = 0; value < 256; value++)
        {
            Assert.Equal([(byte)value], Tokenizer.Value.Decode(Tokenizer.Value.Encode([(byte)value])));
        }
    }

    [Fact]
    public void All_of_Unicode_comes_back_as_it_was()
    {
        StringBuilder text = new();
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.IsValid(value))
            {
                text.Append(new Rune(value).ToString());
            }
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());

        Assert.True(bytes.AsSpan().SequenceEqual(Tokenizer.Value.Decode(Tokenizer.Value.Encode(bytes))));
    }

    [Fact]
    public void A_million_times_one_letter_takes_no_quadratic_time()
    {
        BytePairTokenizer tokenizer = Tokenizer.Value;
        string text = new('a', 1_000_000);
        // No limit is set: a quadratic algorithm would need 10^12 steps and not end within the hour.
        int[] ids = tokenizer.Encode(text);

        Assert.Equal(text, Encoding.UTF8.GetString(tokenizer.Decode(ids)));
    }

    [Fact]
    public void Many_threads_can_encode_at_once()
    {
        BytePairTokenizer tokenizer = Tokenizer.Value;
        string text = string.Concat(Enumerable.Repeat("It's a fine inn, " + new string('z', 200) + "\n\n", 50));
        int[] expected = tokenizer.Encode(text);

        Parallel.For(0, 64, _ => Assert.Equal(expected, tokenizer.Encode(text)));
    }

    [Fact]
    public void The_vocabulary_comes_back_from_its_binary_form()
    {
        TokenVocabulary vocabulary = Tokenizer.Value.Vocabulary;
        using MemoryStream stream = new();
        vocabulary.Write(stream);

        TokenVocabulary read = TokenVocabulary.Read(stream.ToArray(), "memory");

        Assert.Equal(vocabulary.Count, read.Count);
        Assert.Equal(50_000, read.Merges.Length);
        Assert.True(vocabulary.Merges.SequenceEqual(read.Merges));
        Assert.True(vocabulary.SpecialTokens.SequenceEqual(read.SpecialTokens));
        for (int id = 0; id < read.Count; id++)
        {
            Assert.True(vocabulary.TokenBytes(id).SequenceEqual(read.TokenBytes(id)));
        }
    }

    [Fact]
    public void A_vocabulary_of_characters_encodes_its_own_corpus()
    {
        string folder = SharedData.RequireOrSkip("models/slm4096");
        BytePairTokenizer tokenizer = new(TokenizerFiles.Read(folder, 54));
        byte[] corpus = File.ReadAllBytes(Path.Combine(folder, "corpus.txt"));

        int[] ids = tokenizer.Encode(corpus);

        Assert.Equal(corpus.Length, ids.Length);
        Assert.Equal(corpus, tokenizer.Decode(ids));
        Assert.False(tokenizer.TryGetEndOfText(out _));
        TokenizationException error = Assert.Throws<TokenizationException>(() => tokenizer.Encode("What is 3?"));
        Assert.Equal(((byte)'3', 8), (error.Value, error.Offset));
    }
}
