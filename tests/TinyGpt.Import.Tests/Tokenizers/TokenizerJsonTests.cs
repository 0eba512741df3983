using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using TinyGpt.Tests;
using TinyGpt.Text;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

/// <summary><c>tokenizer.json</c> as the family's models write it.</summary>
public sealed partial class TokenizerJsonTests
{
    private const string Gpt4Split =
        """
        {"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
         "behavior": "Isolated", "invert": false}
        """;

    private const string Qwen2Split =
        """
        {"type": "Split", "pattern": {"Regex": "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},
         "behavior": "Removed", "invert": true}
        """;

    private const string BareByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}""";
    private const string ByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true}""";
    private const string Digits = """{"type": "Digits", "individual_digits": true}""";

    public static TheoryData<string, string, int, int> Splittings => new()
    {
        { "null", ByteLevel, (int)PreSplitting.Gpt2, (int)TextNormalization.None },
        { """{"type": "NFC"}""", ByteLevel, (int)PreSplitting.Gpt2, (int)TextNormalization.Compose },
        { "null", Sequence(Digits, ByteLevel), (int)PreSplitting.DigitsThenGpt2, (int)TextNormalization.None },
        { "null", Sequence(Gpt4Split, BareByteLevel), (int)PreSplitting.Gpt4, (int)TextNormalization.None },
        { """{"type": "NFC"}""", Sequence(Qwen2Split, BareByteLevel), (int)PreSplitting.Qwen2, (int)TextNormalization.Compose },
        {
            """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}""", ByteLevel, (int)PreSplitting.Gpt2,
            (int)(TextNormalization.Compose | TextNormalization.Lowercase)
        },
    };

    [Theory]
    [MemberData(nameof(Splittings))]
    public void The_steps_of_a_file_become_rules(string normalizer, string preTokenizer, int splitting, int normalization)
    {
        TokenVocabulary vocabulary = Read(normalizer, preTokenizer, """{"a": 0, "b": 1, "ab": 2}""", "[\"a b\"]");

        Assert.Equal((PreSplitting)splitting, vocabulary.Rules.Splitting);
        Assert.Equal((TextNormalization)normalization, vocabulary.Rules.Normalization);
        Assert.Equal(TokenizerKind.ByteLevel, vocabulary.Rules.Kind);
    }

    [Fact]
    public void A_file_of_Llama_3s_type_splits_and_merges_as_published()
    {
        string gpt2 = SharedData.RequireOrSkip("tokenizers/gpt2");
        string merges = $"[{string.Join(',', File.ReadLines(Path.Combine(gpt2, "merges.txt")).Skip(1).Where(line => line.Length > 0).Select(line => JsonSerializer.Serialize(line)))}]";
        Tokenizer tokenizer = Tokenizer.Create(
            Read("null", Sequence(Gpt4Split, BareByteLevel), File.ReadAllText(Path.Combine(gpt2, "vocab.json")), merges, "\"ignore_merges\": true,"));
        Tokenizer whole = Tokenizer.Create(TokenizerFiles.Read(gpt2));
        string[] words = ["It's", " WE'LL", " 12345", " inn", "\n\n", "  ", "(x)", ".\r\n", "\u4E2D\u6587", "caf\u00E9", "\t", "!!", " $9.99"];
        Random random = new(81);
        for (int round = 0; round < 1000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(1, 20)).Select(_ => words[random.Next(words.Length)]));

            // A piece that GPT-2's pattern leaves whole merges there as it does here, where it is no token as a whole.
            int[] expected = [.. Gpt4Pattern().Matches(text).SelectMany(piece => EncodePiece(whole, piece.Value))];
            Assert.Equal(expected, tokenizer.Encode(text));
            Assert.Equal(text, Encoding.UTF8.GetString(tokenizer.Decode(tokenizer.Encode(text))));
        }
    }

    [Fact]
    public void GPT1_is_the_same_in_either_form()
    {
        string gpt1 = SharedData.RequireOrSkip("tokenizers/gpt1");
        TokenVocabulary expected = TokenizerFiles.Read(gpt1);
        IEnumerable<string> merges = File.ReadLines(Path.Combine(gpt1, "vocab_40000.bpe")).Skip(1).Where(line => line.Length > 0);
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", $$"""
            {"added_tokens": [{"id": 0, "content": "<unk>", "special": true, "normalized": false}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
             "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": {"type": "BPEDecoder", "suffix": "</w>"},
             "model": {"type": "BPE", "unk_token": "<unk>", "end_of_word_suffix": "</w>", "fuse_unk": false,
                       "vocab": {{File.ReadAllText(Path.Combine(gpt1, "encoder_bpe_40000.json"))}},
                       "merges": {{JsonSerializer.Serialize(merges)}} } }
            """);

        TokenVocabulary actual = folder.Read();

        Assert.Equal(Bytes(expected), Bytes(actual));
        Assert.Equal(TokenizerKind.Words, actual.Rules.Kind);
    }

    [Theory]
    [InlineData("always", false, (int)PrefixSpace.UnlessThere, true, (int)PreSplitting.None)]
    [InlineData("first", false, (int)PrefixSpace.UnlessThere, false, (int)PreSplitting.None)]
    [InlineData("never", true, (int)PrefixSpace.None, false, (int)PreSplitting.Spaces)]
    public void Spaces_can_be_written_by_the_pre_tokenizer(string scheme, bool splits, int prefix, bool afterAdded, int splitting)
    {
        string metaspace = $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": {{(splits ? "true" : "false")}}}""";

        TokenVocabulary vocabulary = Read(
            "null", metaspace, """{"<unk>": 0, "▁": 1, "a": 2, "▁a": 3}""", "[\"▁ a\"]", "\"unk_token\": \"<unk>\", \"fuse_unk\": true,");

        Assert.Equal(TokenizerKind.SentencePiece, vocabulary.Rules.Kind);
        Assert.Equal((PrefixSpace)prefix, vocabulary.Rules.PrefixSpace);
        Assert.Equal(afterAdded, vocabulary.Rules.PrefixAfterAddedTokens);
        Assert.Equal((PreSplitting)splitting, vocabulary.Rules.Splitting);
        Assert.Equal(0, vocabulary.Rules.Unknown);
        Assert.Equal(" a"u8.ToArray(), vocabulary.TokenBytes(3).ToArray());
    }

    [Fact]
    public void Added_tokens_that_are_not_special_are_found_in_any_text()
    {
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", $$"""
            {"added_tokens": [{"id": 3, "content": "<s>", "special": true, "lstrip": true, "rstrip": true},
                              {"id": 4, "content": "  ", "special": false, "normalized": true},
                              {"id": 5, "content": "</s>", "special": false}],
             "normalizer": {"type": "NFC"}, "pre_tokenizer": {{ByteLevel}}, "decoder": {{ByteLevel}},
             "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]} }
            """)
            .With("tokenizer_config.json", """{"eos_token": {"content": "</s>"}}""");

        TokenVocabulary vocabulary = folder.Read();

        Assert.Equal(["<s>", "</s>"], vocabulary.SpecialTokens.ToArray().Select(token => token.Text)); // what ends texts is special, whatever it says
        Assert.Equal([2, 4, 2], Tokenizer.Create(vocabulary).Encode("ab  ab"));
        Assert.Equal(5, TokenizerFiles.ReadContent(folder.Path).EndOfText);
    }

    private static List<int> EncodePiece(Tokenizer gpt2, string piece) =>
        gpt2.Vocabulary.TryGetId(Encoding.UTF8.GetBytes(piece), out int id) ? [id] : MergeWhole(gpt2.Vocabulary, piece);

    /// <summary>Merges a piece by passes over all of it, as GPT-2's published code does.</summary>
    private static List<int> MergeWhole(TokenVocabulary vocabulary, string piece)
    {
        List<int> ids = [];
        foreach (byte value in Encoding.UTF8.GetBytes(piece))
        {
            Assert.True(vocabulary.TryGetId([value], out int id));
            ids.Add(id);
        }

        while (true)
        {
            int best = int.MaxValue;
            int at = -1;
            for (int left = 0; left < ids.Count - 1; left++)
            {
                if (vocabulary.MergeIndex.Find(ids[left], ids[left + 1]) is var rank && rank < best)
                {
                    (best, at) = (rank, left);
                }
            }

            if (at < 0)
            {
                return ids;
            }

            ids[at] = vocabulary.MergeIndex.Result(best);
            ids.RemoveAt(at + 1);
        }
    }

    private static TokenVocabulary Read(string normalizer, string preTokenizer, string vocabulary, string merges, string members = "")
    {
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", $$"""
            {"normalizer": {{normalizer}}, "pre_tokenizer": {{preTokenizer}}, "added_tokens": [],
             "model": {"type": "BPE", {{members}} "vocab": {{vocabulary}}, "merges": {{merges}} } }
            """);
        return folder.Read();
    }

    private static string Sequence(params string[] steps) => $$"""{"type": "Sequence", "pretokenizers": [{{string.Join(',', steps)}}]}""";

    private static byte[] Bytes(TokenVocabulary vocabulary)
    {
        using MemoryStream stream = new();
        vocabulary.Write(stream);
        return stream.ToArray();
    }

    [GeneratedRegex(
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        RegexOptions.CultureInvariant)]
    private static partial Regex Gpt4Pattern();
}
