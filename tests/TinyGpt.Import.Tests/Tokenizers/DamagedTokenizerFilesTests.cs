using System.Text;
using Xunit;

namespace TinyGpt.Import.Tests.Tokenizers;

public sealed class DamagedTokenizerFilesTests
{
    private const string Vocabulary = """{"a": 0, "b": 1, "ab": 2}""";
    private const string ByteLevel = """{"type": "ByteLevel", "add_prefix_space": false}""";
    private const string Model = """{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}""";

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "not an object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"a": 0""", "not valid JSON")]
    [InlineData("""{"a": 0} {}""", "not valid JSON")]
    [InlineData("""{"a": 0,}""", "not valid JSON")]
    [InlineData("""{"a": "0"}""", "the id of 'a' is not a number")]
    [InlineData("""{"a": 0.5}""", "not a 32-bit integer")]
    [InlineData("""{"a": 3000000000}""", "not a 32-bit integer")]
    [InlineData("""{"a": null}""", "not a number")]
    [InlineData("""{"a": {"b": 0}}""", "not a number")]
    [InlineData("""{"a": -1}""", "ids run from 0 to")]
    [InlineData("""{"a": 1048576}""", "ids run from 0 to")]
    [InlineData("""{"a": 0, "b": 0}""", "'b' cannot have id 0: 'a' has it")]
    [InlineData("""{"a": 0, "a": 1}""", "the name 'a' comes twice")]
    [InlineData("""{"a": 0, "b": 2}""", "no token has id 1")]
    [InlineData("""{"": 0}""", "token 0 is empty")]
    [InlineData("""{"a b": 0}""", "has U+0020")]
    [InlineData("""{"a": 0, "中": 1}""", "has U+4E2D")]
    [InlineData("""{"\ud800": 0}""", "surrogate")]
    [InlineData("{}", "0 tokens")]
    public void A_wrong_vocabulary_is_refused(string vocabulary, string reason)
    {
        AssertRefused("vocab.json", reason, ("vocab.json", vocabulary), ("merges.txt", ""));
    }

    [Fact]
    public void Bytes_that_are_not_text_are_refused()
    {
        using TokenizerFolder folder = new();
        folder.With("vocab.json", [(byte)'{', (byte)'"', 0xFF, .. "\": 0}"u8]).With("merges.txt", "");
        Assert.Contains("not valid UTF-8", Assert.Throws<ModelFormatException>(() => folder.Read()).Reason, StringComparison.Ordinal);

        folder.With("vocab.json", Vocabulary).With("merges.txt", [.. "a b\n"u8, 0xFF, (byte)' ', (byte)'b']);
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Read());
        Assert.Contains("line 2 is not valid UTF-8", error.Reason, StringComparison.Ordinal);
        Assert.Equal(4, error.Offset);
    }

    [Fact]
    public void A_token_longer_than_the_limit_is_refused()
    {
        AssertRefused("vocab.json", "token 0 has 1025 bytes", ("vocab.json", $$"""{"{{new string('a', 1025)}}": 0}"""), ("merges.txt", ""));
    }

    [Theory]
    [InlineData("#version: 0.2\na\n", "line 2 is not two tokens", 14)]
    [InlineData("a b b\n", "line 1 is not two tokens", 0)]
    [InlineData("a  b\n", "line 1 is not two tokens", 0)]
    [InlineData(" b\n", "line 1 is not two tokens", 0)]
    [InlineData("a \n", "line 1 is not two tokens", 0)]
    [InlineData("a b\n\n#\n", "an empty line", 4)]
    [InlineData("#version: 0.2\n#version: 0.2\n", "a merge needs the token '#version:'", 14)]
    [InlineData("a b\nb a\n", "a merge needs the token 'ba'", 4)]
    [InlineData("a b\na c\n", "a merge needs the token 'c'", 4)]
    [InlineData("a b\na b\n", "merge 1 joins the same pair as merge 0", 4)]
    public void Wrong_merges_are_refused_with_their_place(string merges, string reason, int offset)
    {
        Assert.Equal(offset, AssertRefused("merges.txt", reason, ("vocab.json", Vocabulary), ("merges.txt", merges)).Offset);
    }

    [Theory]
    [InlineData("""{"[E]": 0}""", "'[E]' cannot have id 0: 'a' has it")]
    [InlineData("""{"a": 5}""", "'a' has two ids, 0 and 5")]
    [InlineData("""{"[E]": -5}""", "ids run from 0 to")]
    [InlineData("""{"": 3}""", "added token 3 is empty")]
    [InlineData("""{"[E]": 3, "[F]": 3}""", "added token 3 is given twice")]
    [InlineData("""{"[E]": "3"}""", "not a number")]
    [InlineData("""["[E]"]""", "not an object")]
    public void Wrong_added_tokens_are_refused(string addedTokens, string reason)
    {
        AssertRefused("added_tokens.json", reason, ("vocab.json", Vocabulary), ("merges.txt", "a b"), ("added_tokens.json", addedTokens));
    }

    [Theory]
    [InlineData("""{"bos_token": 3}""", "bos_token is not an array")]
    [InlineData("""{"bos_token": [3]}""", "bos_token is not a string")]
    [InlineData("""{"bos_token": {"content": 3}}""", "the content of bos_token is not a string")]
    [InlineData("""{"bos_token": "a", "bos_token": "b"}""", "has the name")]
    public void A_wrong_map_of_special_tokens_is_refused(string map, string reason)
    {
        AssertRefused(
            "special_tokens_map.json", reason, ("vocab.json", Vocabulary), ("merges.txt", "a b"), ("special_tokens_map.json", map));
    }

    [Theory]
    [InlineData("""{"type": "Unigram", "vocab": [["a", -1.0]]}""", "tokenizer model 'Unigram' is not supported")]
    [InlineData("""{"type": "WordPiece", "vocab": {"a": 0}}""", "tokenizer model 'WordPiece' is not supported")]
    [InlineData("""{"type": 1}""", "the model's type is not a string")]
    [InlineData("""{"vocab": {"a": 0}}""", "the model has no 'merges'")]
    [InlineData("""{"merges": []}""", "the model has no 'vocab'")]
    [InlineData("""{"vocab": ["a"], "merges": []}""", "the vocabulary is not an object")]
    [InlineData("""{"vocab": {"a": 0}, "merges": {}}""", "merges is not an array")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [1]}""", "a merge is not an array")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [["a"]]}""", "a merge is not a pair")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [["a", "a", "a"]]}""", "a merge is not a pair")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [["a", ""]]}""", "a merge is not a pair")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [["a", 1]]}""", "a merge's token is not a string")]
    [InlineData("""{"vocab": {"a": 0}, "merges": ["aa"]}""", "a merge is not two tokens")]
    [InlineData("""{"vocab": {"a": 0}, "merges": ["a a"]}""", "a merge needs the token 'aa'")]
    [InlineData("""{"vocab": {"a": 0}, "vocab": {"a": 0}, "merges": []}""", "the name 'vocab' comes twice")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "byte_fallback": true}""", "'byte_fallback' with pre-tokenizer 'ByteLevel' is not supported")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "ignore_merges": 1}""", "ignore_merges is neither true nor false")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "dropout": 0.1}""", "'dropout' is not supported")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "unk_token": 1}""", "unk_token is not a string")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "@@"}""", "'end_of_word_suffix' \"@@\" is not supported")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "end_of_word_suffix": "</w>"}""", "'end_of_word_suffix' without pre-tokenizer 'BertPreTokenizer'")]
    [InlineData("""{"vocab": {"a": 0}, "merges": [], "continuing_subword_prefix": "##"}""", "'continuing_subword_prefix' is not supported")]
    [InlineData("3", "the model is not an object")]
    public void A_wrong_model_is_refused(string model, string reason)
    {
        AssertRefused("tokenizer.json", reason, ("tokenizer.json", $$"""{"pre_tokenizer": {{ByteLevel}}, "model": {{model}}}"""));
    }

    [Theory]
    [InlineData("""{"id": 3}""", "lacks its 'content' or 'id'")]
    [InlineData("""{"content": "[E]"}""", "lacks its 'content' or 'id'")]
    [InlineData("""{"id": "3", "content": "[E]"}""", "id is not a number")]
    [InlineData("""{"id": 3, "content": 3}""", "content is not a string")]
    [InlineData("""{"id": 3, "content": "[E]", "special": 1}""", "'special' is neither true nor false")]
    [InlineData("""{"id": 3, "content": "[E]", "lstrip": "left"}""", "'lstrip' is neither true nor false")]
    [InlineData("""{"id": 3, "content": "[E]", "single_word": true}""", "'single_word' is not supported")]
    [InlineData("""{"id": 4, "content": "[E]"}""", "no token has id 3")]
    [InlineData("""{"id": 2, "content": "[E]"}""", "'[E]' cannot have id 2: 'ab' has it")]
    [InlineData("""{"id": 2, "content": "ab", "special": true}""", "ordinary text becomes it too")]
    [InlineData("""{"id": 0, "content": "a", "special": true}""", "ordinary text becomes it too")]
    [InlineData("""3""", "an added token is not an object")]
    public void A_wrong_added_token_is_refused(string added, string reason)
    {
        AssertRefused(
            "tokenizer.json",
            reason,
            ("tokenizer.json", $$"""{"pre_tokenizer": {{ByteLevel}}, "added_tokens": [{{added}}], "model": {{Model}} }"""));
    }

    [Theory]
    [InlineData("""{}""", "there is no 'model'")]
    [InlineData($$"""{"pre_tokenizer": {{ByteLevel}} }""", "there is no 'model'")]
    [InlineData($$"""{"model": {{Model}} }""", "there is no 'pre_tokenizer'")]
    [InlineData($$"""{"pre_tokenizer": null, "model": {{Model}} }""", "pre-tokenizer 'null' is not supported")]
    [InlineData("""{"pre_tokenizer": {}}""", "pre-tokenizer 'without a type' is not supported")]
    [InlineData("""{"pre_tokenizer": []}""", "the pre-tokenizer is not an object")]
    [InlineData("""{"pre_tokenizer": {"type": "UnicodeScripts"}}""", "pre-tokenizer 'UnicodeScripts' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "Sequence"}}""", "has no member 'pretokenizers'")]
    [InlineData($$"""{"pre_tokenizer": {"type": "Sequence", "pretokenizers": [{{ByteLevel}}, {{ByteLevel}}]} }""", "[ByteLevel, ByteLevel] is not")]
    [InlineData("""{"pre_tokenizer": {"type": "Digits", "individual_digits": true}}""", "pre-tokenizer 'Digits' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "ByteLevel", "use_regex": false}}""", "without 'use_regex' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "ByteLevel", "use_regexes": false}}""", "unknown member 'use_regexes'")]
    [InlineData("""{"pre_tokenizer": {"type": "Metaspace"}}""", "has no member 'replacement'")]
    [InlineData("""{"pre_tokenizer": {"type": "Metaspace", "replacement": "_"}}""", "with replacement '_' is not supported")]
    [InlineData("""{"pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last"}}""", "with prepend_scheme 'last'")]
    [InlineData("""{"normalizer": {"type": "NFKC"}}""", "normalizer 'NFKC' is not supported")]
    [InlineData("""{"normalizer": {"type": "Prepend", "prepend": "_"}}""", "normalizer 'Prepend' of '_' is not supported")]
    [InlineData("""{"normalizer": {"type": "Replace", "pattern": {"Regex": " "}, "content": "▁"}}""", "normalizer 'Replace' of other")]
    [InlineData(
        """{"normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "NFC"}]}}""", "[Lowercase, NFC] is not supported")]
    [InlineData(
        """{"normalizer": {"type": "Sequence", "normalizers": [{"type": "Sequence", "normalizers": []}]}}""", "normalizer 'Sequence' is not")]
    [InlineData(
        $$"""{"pre_tokenizer": {{ByteLevel}}, "model": {{Model}}, "normalizer": {"type": "Prepend", "prepend": "▁"} }""", "normalizer 'Prepend' is not")]
    [InlineData($$"""{"pre_tokenizer": {{ByteLevel}}, "model": {{Model}}, "decoder": {"type": "Metaspace"} }""", "decoder 'Metaspace' is not")]
    [InlineData(
        $$"""{"pre_tokenizer": {{ByteLevel}}, "model": {{Model}}, "post_processor": {"type": "BertProcessing"} }""", "post-processor 'BertProcessing'")]
    [InlineData(
        $$"""
        {"pre_tokenizer": {{ByteLevel}}, "model": {{Model}},
         "post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"} }, {"SpecialToken": {"id": "a"} }]} }
        """,
        "'TemplateProcessing' of other than one token before the text")]
    [InlineData(
        $$"""
        {"pre_tokenizer": {{ByteLevel}}, "model": {{Model}},
         "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[B]"} }, {"Sequence": {"id": "A"} }]} }
        """,
        "needs the token '[B]'")]
    [InlineData(
        $$"""
        {"pre_tokenizer": {{ByteLevel}}, "model": {{Model}}, "normalizer": {"type": "Lowercase"},
         "added_tokens": [{"id": 3, "content": "[E]", "normalized": true}]}
        """,
        "'[E]' with 'normalized', which the normalizer changes")]
    [InlineData("""{"version": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", "not valid JSON")]
    [InlineData("""{"version": "1.0", "version": "1.0"}""", "the name 'version' comes twice")]
    public void A_wrong_tokenizer_file_is_refused(string content, string reason)
    {
        AssertRefused("tokenizer.json", reason, ("tokenizer.json", content));
    }

    [Fact]
    public void Every_truncation_and_flipped_bit_is_refused_or_makes_a_vocabulary()
    {
        string content = $$"""{"added_tokens": [{"id": 3, "content": "[é]"}], "pre_tokenizer": {{ByteLevel}}, "model": {{Model}}}""";
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        using TokenizerFolder folder = new();
        for (int length = 0; length < bytes.Length; length++)
        {
            folder.With("tokenizer.json", bytes[..length]);
            Assert.Throws<ModelFormatException>(() => folder.Read());
        }

        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            folder.With("tokenizer.json", flipped);
            try
            {
                folder.Read();
            }
            catch (ModelFormatException)
            {
                // Any other exception fails the test.
            }
        }
    }

    private static ModelFormatException AssertRefused(string file, string reason, params (string Name, string Content)[] files)
    {
        using TokenizerFolder folder = new();
        foreach ((string name, string content) in files)
        {
            folder.With(name, content);
        }

        ModelFormatException error = Assert.Throws<ModelFormatException>(() => folder.Read());
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.Equal(file, Path.GetFileName(error.File));
        return error;
    }
}
