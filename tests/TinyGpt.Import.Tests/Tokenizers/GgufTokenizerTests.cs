using System.Text;
using TinyGpt.Import.Tokenizers;
using TinyGpt.Tests;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary>Tokenizers from GGUF metadata: the one of stories260K, and small ones.</summary>
public sealed class GgufTokenizerTests
{
    private static readonly Lazy<GgufTokenizer> Stories =
        new(() => new GgufMetadata(SharedData.RequireOrSkip("models/stories260K/stories260K.gguf")).Tokenizer);

    private static readonly GgufTokenizer Bytes = new()
    {
        File = "small.gguf",
        Model = "gpt2",
        Pre = "qwen2",
        Tokens = ["a", "b", "Ġ", "ab", "<|im_end|>", "<tool>", "[PAD]"],
        TokenTypes = [1, 1, 1, 1, 3, 4, 5],
        Merges = ["a b"],
        EndOfText = 4,
    };

    [Theory]
    [InlineData("Once upon a time", new[] { 403, 407, 261, 378 })]
    [InlineData("h\u00E9llo \u65E5\u672C\n", new[] { 270, 485, 306, 414, 410, 233, 154, 168, 233, 159, 175, 13 })]
    [InlineData("Lily said, \"Hi!\"", new[] { 317, 336, 432, 313, 440, 417, 443, 436 })]
    public void Text_has_the_ids_of_the_published_algorithm(string text, int[] ids)
    {
        Tokenizer tokenizer = Open(Stories.Value);

        Assert.Equal(ids, tokenizer.Encode(text));
        Assert.Equal(text, Encoding.UTF8.GetString(tokenizer.Decode(ids)));
        Assert.Equal([1, .. ids], tokenizer.EncodeDocument(Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void The_200_tokens_of_the_golden_text_give_it_back()
    {
        Tokenizer tokenizer = Open(Stories.Value);
        byte[] golden = File.ReadAllBytes(SharedData.RequireOrSkip("models/stories260K/golden_greedy_200.txt"));

        int[] ids = tokenizer.Encode(golden);

        Assert.Equal(201, ids.Length); // 200 were generated, and the file ends in a line feed
        Assert.Equal([403, 407, 261, 378, 432, 383, 286, 261, 376, 298], ids.AsSpan(0, 10).ToArray());
        Assert.Equal(golden, tokenizer.Decode(ids));
        Assert.Equal(512, tokenizer.VocabularySize);
        Assert.Equal(["<unk>", "<s>", "</s>"], tokenizer.Vocabulary.SpecialTokens.ToArray().Select(token => token.Text));
    }

    [Fact]
    public void Any_bytes_come_back_as_they_were()
    {
        Tokenizer tokenizer = Open(Stories.Value);
        byte[] text = new byte[20_000];
        new Random(71).NextBytes(text);

        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void The_content_is_what_a_model_file_holds()
    {
        TokenizerContent content = Stories.Value.ToContent(512);

        Assert.Equal("sentencepiece_bpe", content.Kind);
        Assert.Equal(2, content.EndOfText);
        Assert.Null(content.Chat);
    }

    [Fact]
    public void The_same_vocabulary_in_a_tokenizer_file_gives_the_same_ids()
    {
        GgufTokenizer gguf = Stories.Value;
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", LlamaFile.Write(gguf.Tokens, gguf.Scores!, firstPiece: 259));
        Tokenizer expected = Open(gguf);
        Tokenizer actual = Tokenizer.Create(folder.Read());
        Random random = new(72);
        string[] words = ["Once", " upon", " a", " time", "Lily", " ", "  ", "\n", "\u00E9", "!", "\"", "'s", "mom", " the", "aaaa", "there", "\u65E5"];
        for (int round = 0; round < 2000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(_ => words[random.Next(words.Length)]));
            Assert.Equal(expected.Encode(text), actual.Encode(text));
        }

        Assert.Equal(1, actual.BeginOfText);
        byte[] golden = File.ReadAllBytes(SharedData.RequireOrSkip("models/stories260K/golden_greedy_200.txt"));
        Assert.Equal(expected.Encode(golden), actual.Encode(golden));
    }

    [Fact]
    public void Byte_level_metadata_makes_a_byte_level_tokenizer()
    {
        TokenizerContent content = Bytes.ToContent(10);
        TokenVocabulary vocabulary = TokenVocabulary.Read(content.Data.Span, "content");

        Assert.Equal("byte_bpe", content.Kind);
        Assert.Equal(10, vocabulary.Count);
        Assert.True(vocabulary.TokenBytes(6).IsEmpty);
        Assert.Equal(" "u8.ToArray(), vocabulary.TokenBytes(2).ToArray());
        Assert.Equal([new SpecialToken("<|im_end|>", 4)], vocabulary.SpecialTokens.ToArray());
        Assert.Equal(
            TokenizerRules.Gpt2 with { Splitting = PreSplitting.Qwen2, Normalization = TextNormalization.Compose }, vocabulary.Rules);
        Assert.Equal([3, 5, 0], Tokenizer.Create(vocabulary).Encode("ab<tool>a"));
    }

    [Theory]
    [InlineData("gpt-2", (int)PreSplitting.Gpt2, false)]
    [InlineData("smollm", (int)PreSplitting.DigitsThenGpt2, false)]
    [InlineData("llama-bpe", (int)PreSplitting.Gpt4, true)]
    public void The_name_of_the_splitting_decides(string pre, int splitting, bool isLlama3)
    {
        GgufTokenizer gguf = Bytes with { Pre = pre, BeginOfText = 4 };

        TokenizerRules rules = TokenVocabulary.Read(gguf.ToContent(null).Data.Span, "content").Rules;

        Assert.Equal((PreSplitting)splitting, rules.Splitting);
        Assert.Equal(isLlama3, rules.WholePiecesFirst);
        Assert.Equal(isLlama3 ? 4 : null, rules.BeginOfText);
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "model", "tokenizer.ggml.model 'bert' is not supported" },
        { "no pre", "tokenizer.ggml.pre is missing" },
        { "pre", "tokenizer.ggml.pre 'falcon' is not supported" },
        { "no merges", "tokenizer.ggml.merges is missing" },
        { "merge", "a merge needs the token 'ba'" },
        { "types", "tokenizer.ggml.token_type has 1 entries" },
        { "type", "token 0, 'a', has type 9" },
        { "byte type", "token 0, 'a', has type 6" },
        { "end", "tokenizer.ggml.eos_token_id is 7" },
        { "begin", "tokenizer.ggml.bos_token_id is missing" },
        { "twice", "the name 'a' comes twice" },
        { "size", "the tokenizer has 6 tokens, but the model only 2" },
        { "no scores", "tokenizer.ggml.scores is missing" },
        { "scores", "tokenizer.ggml.scores has 1 entries" },
        { "not a number", "the score of token 1 is not finite" },
        { "no fallback", "neither an unknown token nor one for each byte" },
        { "odd byte", "is of the type of bytes, but not written as one" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Wrong_metadata_is_refused_by_name(string fault, string reason)
    {
        GgufTokenizer pieces = Bytes with
        {
            Model = "llama",
            Pre = null,
            Tokens = ["<unk>", "<s>", "a"],
            Scores = [0, 0, 0],
            TokenTypes = [2, 3, 1],
            EndOfText = null,
        };
        GgufTokenizer damaged = fault switch
        {
            "model" => Bytes with { Model = "bert" },
            "no pre" => Bytes with { Pre = null },
            "pre" => Bytes with { Pre = "falcon" },
            "no merges" => Bytes with { Merges = null },
            "merge" => Bytes with { Merges = ["b a"] },
            "types" => Bytes with { TokenTypes = [1] },
            "type" => Bytes with { TokenTypes = [9, 1, 1, 1, 1, 1, 1] },
            "byte type" => Bytes with { TokenTypes = [6, 1, 1, 1, 1, 1, 1] },
            "end" => Bytes with { EndOfText = 7 },
            "begin" => Bytes with { AddsBeginOfText = true },
            "twice" => Bytes with { Tokens = ["a", "a", "Ġ", "ab", "<|im_end|>", "<tool>", "[PAD]"] },
            "no scores" => pieces with { Scores = null },
            "scores" => pieces with { Scores = [0] },
            "not a number" => pieces with { Scores = [0, float.NaN, 0] },
            "no fallback" => pieces with { TokenTypes = [3, 3, 1] },
            "odd byte" => pieces with { TokenTypes = [2, 3, 6] },
            _ => Bytes,
        };

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => damaged.ToContent(fault == "size" ? 2 : null));

        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal("small.gguf", error.File);
    }

    private static Tokenizer Open(GgufTokenizer gguf) => Tokenizer.Create(TokenVocabulary.Read(gguf.ToContent(512).Data.Span, "content"));
}
