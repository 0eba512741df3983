using System.Text;
using System.Text.Json;
using TinyGpt.Import.Tokenizers;
using TinyGpt.Tests;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

public sealed class TokenizerFilesTests
{
    private const string Vocabulary = """{"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4, "é": 5, "<|endoftext|>": 6}""";
    private const string Merges = "#version: 0.2\na b\nĠ ab\n";

    [Fact]
    public void The_two_files_make_a_vocabulary()
    {
        using TokenizerFolder folder = new();
        folder.With("vocab.json", Vocabulary).With("merges.txt", Merges);

        TokenVocabulary vocabulary = folder.Read();

        Assert.Equal(7, vocabulary.Count);
        Assert.Equal(" ab"u8.ToArray(), vocabulary.TokenBytes(4).ToArray());
        Assert.Equal([0xE9], vocabulary.TokenBytes(5).ToArray());
        Assert.Equal([new TokenMerge(0, 1, 3), new TokenMerge(2, 3, 4)], vocabulary.Merges.ToArray());
        Assert.Equal([new SpecialToken("<|endoftext|>", 6)], vocabulary.SpecialTokens.ToArray());
    }

    [Theory]
    [InlineData("#version: 0.2\r\na b\r\nĠ ab\r\n\r\n")]
    [InlineData("a b\nĠ ab")]
    [InlineData("\uFEFF#version: 0.2\na b\nĠ ab\n\n")]
    public void Line_ends_and_the_first_line_may_differ(string merges)
    {
        using TokenizerFolder folder = new();
        folder.With("vocab.json", "\uFEFF" + Vocabulary).With("merges.txt", merges);

        Assert.Equal([new TokenMerge(0, 1, 3), new TokenMerge(2, 3, 4)], folder.Read().Merges.ToArray());
    }

    [Fact]
    public void Ids_beyond_the_tokens_are_unused()
    {
        using TokenizerFolder folder = new();
        folder.With("vocab.json", Vocabulary).With("merges.txt", Merges);

        TokenVocabulary vocabulary = folder.Read(64);

        Assert.Equal(64, vocabulary.Count);
        Assert.True(vocabulary.TokenBytes(63).IsEmpty);
        Assert.Throws<ModelFormatException>(() => folder.Read(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => folder.Read(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => folder.Read(TokenVocabulary.MostTokens + 1));
    }

    [Fact]
    public void Added_tokens_and_the_map_of_special_tokens_are_read()
    {
        using TokenizerFolder folder = new();
        folder.With("vocab.json", Vocabulary).With("merges.txt", Merges)
            .With("added_tokens.json", """{"[END]": 7, "é ü": 8, "ab": 3}""")
            .With(
                "special_tokens_map.json",
                """
                {"bos_token": {"content": "[END]", "lstrip": false}, "pad_token": "a", "mask_token": null,
                 "additional_special_tokens": ["nowhere", {"content": "<|endoftext|>"}]}
                """);

        TokenVocabulary vocabulary = folder.Read();

        Assert.Equal("é ü", Encoding.UTF8.GetString(vocabulary.TokenBytes(8)));
        Assert.Equal(
            [new SpecialToken("<|endoftext|>", 6), new SpecialToken("[END]", 7), new SpecialToken("é ü", 8)],
            vocabulary.SpecialTokens.ToArray());
    }

    [Theory]
    [InlineData("""["a b", "Ġ ab"]""")]
    [InlineData("""[["a", "b"], ["Ġ", "ab"]]""")]
    public void One_file_makes_the_same_vocabulary(string merges)
    {
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", $$"""
            {"version": "1.0", "truncation": null, "normalizer": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "added_tokens": [{"id": 6, "content": "<|endoftext|>", "single_word": false, "lstrip": false, "special": true},
                              {"id": 7, "content": "ü ü", "special": false}, {"id": 3, "content": "ab", "special": false}],
             "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "", "end_of_word_suffix": null,
                       "byte_fallback": false, "vocab": {{Vocabulary}}, "merges": {{merges}}},
             "decoder": {"type": "ByteLevel"} }
            """);

        TokenVocabulary vocabulary = folder.Read();

        Assert.Equal(8, vocabulary.Count);
        Assert.Equal([new TokenMerge(0, 1, 3), new TokenMerge(2, 3, 4)], vocabulary.Merges.ToArray());
        Assert.Equal([new SpecialToken("<|endoftext|>", 6)], vocabulary.SpecialTokens.ToArray());
        Assert.Equal([new AddedToken(6), new AddedToken(7, AddedTokenTraits.UserDefined)], vocabulary.AddedTokens.ToArray());
    }

    [Fact]
    public void The_one_file_goes_before_the_two()
    {
        using TokenizerFolder folder = new();
        Assert.False(TokenizerFiles.Exists(folder.Path));
        folder.With("vocab.json", Vocabulary);
        Assert.False(TokenizerFiles.Exists(folder.Path));
        folder.With("merges.txt", Merges);
        Assert.True(TokenizerFiles.Exists(folder.Path));
        folder.With(
            "tokenizer.json", """{"pre_tokenizer": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {"x": 0}, "merges": []}}""");
        Assert.True(TokenizerFiles.Exists(folder.Path));

        Assert.Equal(1, folder.Read().Count);
    }

    [Fact]
    public void A_folder_without_a_tokenizer_is_named()
    {
        using TokenizerFolder folder = new();

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Read());

        Assert.Equal(folder.Path, error.File);
    }

    [Fact]
    public void All_bytes_can_be_written_in_the_alphabet()
    {
        HashSet<byte> values = [];
        for (char character = '\0'; character < 0x200; character++)
        {
            if (ByteAlphabet.TryDecode(character.ToString(), out byte[] bytes, out _))
            {
                Assert.True(values.Add(bytes[0]));
            }
        }

        Assert.Equal(256, values.Count);
        Assert.True(ByteAlphabet.TryDecode("Ġ!Ċÿ\u0143", out byte[] some, out _));
        Assert.Equal([0x20, 0x21, 0x0A, 0xFF, 0xAD], some);
        Assert.False(ByteAlphabet.TryDecode("a b", out _, out char stranger));
        Assert.Equal(' ', stranger);
        Assert.False(ByteAlphabet.TryDecode("\u0144", out _, out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void GPT2_is_the_same_in_either_form(bool pairs)
    {
        string gpt2 = SharedData.RequireOrSkip("tokenizers/gpt2");
        TokenVocabulary expected = TokenizerFiles.Read(gpt2, 50257);
        IEnumerable<string> merges = File.ReadLines(Path.Combine(gpt2, "merges.txt")).Skip(1).Where(line => line.Length > 0);
        string written = pairs
            ? JsonSerializer.Serialize(merges.Select(line => line.Split(' ')))
            : JsonSerializer.Serialize(merges);
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", $$"""
            {"added_tokens": [{"id": 50256, "content": "<|endoftext|>", "special": true}], "normalizer": null,
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "model": {"merges": {{written}}, "vocab": {{File.ReadAllText(Path.Combine(gpt2, "vocab.json"))}} } }
            """);

        TokenVocabulary actual = folder.Read(50257);

        Assert.Equal(Bytes(expected), Bytes(actual));
        Assert.Equal(50257, expected.Count);
        Assert.Equal([new SpecialToken("<|endoftext|>", 50256)], actual.SpecialTokens.ToArray());
    }

    [Fact]
    public void A_model_of_characters_has_a_vocabulary_without_merges()
    {
        TokenVocabulary vocabulary = TokenizerFiles.Read(SharedData.RequireOrSkip("models/slm4096"), 54);

        Assert.Equal(54, vocabulary.Count);
        Assert.Equal("\n"u8.ToArray(), vocabulary.TokenBytes(0).ToArray());
        Assert.True(vocabulary.Merges.IsEmpty);
        Assert.True(vocabulary.SpecialTokens.IsEmpty);
    }

    private static byte[] Bytes(TokenVocabulary vocabulary)
    {
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        return stream.ToArray();
    }
}
