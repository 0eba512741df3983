using System.Text;
using TinyGpt.BadInput.Tests.Cases;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>tokenizer.json.</summary>
internal static class TokenizerJsonCases
{
    private const string Split = "\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": false}";
    private const string Model = "{\"type\": \"BPE\", \"vocab\": {\"a\": 0, \"b\": 1, \"ab\": 2}, \"merges\": [\"a b\"]}";
    private const string NoJson = "not valid JSON";

    public static readonly InputFiles Valid = Whole($"{{{Split}, \"model\": {Model}}}")();

    public static readonly BadCase[] All =
    [
        new("an empty file", NoJson, Whole("")),
        new("a file that is an array", "not an object", Whole("[]")),
        new("a file that is cut", NoJson, Whole($"{{{Split}")),
        new("a file of opening brackets", "not an object", Whole(new string('[', 1_000_000))),
        new("an unknown member 33 levels deep", NoJson, Whole($"{{\"x\": {new string('[', 33)}")),
        new("an unknown member that is no UTF-8", NoJson, () => Bytes([.. "{\"x\": "u8, 0xFF, .. "}"u8])),
        new("no model", "there is no 'model'", Whole($"{{{Split}}}")),
        new("no splitting", "there is no 'pre_tokenizer'", Whole($"{{\"model\": {Model}}}")),
        new("a model twice", "comes twice", Whole($"{{{Split}, \"model\": {Model}, \"model\": {Model}}}")),
        new("another splitting", "pre-tokenizer 'Whitespace'", Whole("{\"pre_tokenizer\": {\"type\": \"Whitespace\"}}")),
        new("a splitting whose type is a number", "'type', which must be text", Whole("{\"pre_tokenizer\": {\"type\": 1}}")),
        new("a normalizer", "normalizer 'NFKC'", Whole("{\"normalizer\": {\"type\": \"NFKC\"}}")),
        new("a model that is null", "not an object", Whole("{\"model\": null}")),
        new("another model", "'WordPiece'", OfModel("{\"type\": \"WordPiece\"}")),
        new("a model that falls back to bytes", "'byte_fallback'", OfModel("{\"vocab\": {\"a\": 0}, \"merges\": [], \"byte_fallback\": true}")),
        new("a vocabulary that is a list", "not an object", OfModel("{\"vocab\": [[\"a\", -1.5]]}")),
        new("a vocabulary twice", "comes twice", OfModel("{\"vocab\": {\"a\": 0}, \"vocab\": {\"a\": 0}}")),
        new("an id beyond 32 bits", "not a 32-bit integer", OfModel("{\"vocab\": {\"a\": 4294967296}}")),
        new("merges that are text", "not an array", OfModel("{\"merges\": \"a b\"}")),
        new("a merge that is a number", "not an array", OfModel("{\"merges\": [0]}")),
        new("a merge of three", "not a pair", OfModel("{\"merges\": [[\"a\", \"b\", \"c\"]]}")),
        new("a merge of very many", "not a pair", OfModel($"{{\"merges\": [[{string.Join(',', Enumerable.Repeat("\"a\"", 100_000))}]]}}")),
        new("a merge without a space", "not two tokens", OfModel("{\"merges\": [\"ab\"]}")),
        new("a merge of a megabyte", "at most 16384 are read", OfModel($"{{\"merges\": [\"a {new string('b', 1 << 20)}\"]}}")),
        new("a merge before its tokens that they do not have", "needs the token 'ba'", OfModel(
            "{\"merges\": [\"b a\"], \"vocab\": {\"a\": 0, \"b\": 1}}")),
        new("added tokens that are an object", "not an array", WithAdded("{}")),
        new("an added token without an id", "lacks its", WithAdded("[{\"content\": \"<pad>\"}]")),
        new("an added token whose id is below zero", "ids run from 0", WithAdded("[{\"id\": -1, \"content\": \"<pad>\"}]")),
        new("an added token far after the others", "no token has id 3", WithAdded("[{\"id\": 1048575, \"content\": \"<pad>\"}]")),
        new("an added token of an odd kind", "'single_word'", WithAdded("[{\"id\": 3, \"content\": \"<pad>\", \"single_word\": true}]")),
        new("an added token that strips by text", "neither true nor false", WithAdded("[{\"id\": 3, \"content\": \"<pad>\", \"rstrip\": \"\"}]")),
        new("an added token that is half a surrogate pair", "surrogate", WithAdded("[{\"id\": 3, \"content\": \"\\udead\"}]")),
        new("a special token that is ordinary", "ordinary text becomes it", WithAdded("[{\"id\": 2, \"content\": \"ab\", \"special\": true}]")),
        new("a normalizer that is text", "the normalizer is not an object", Part("normalizer", "\"NFC\"")),
        new("a normalizer that is cut", "unknown member 'model'", Part("normalizer", "{\"type\": \"NFC\"")),
        new("a normalizer of two megabytes", "at most 1048576 are read", Part("normalizer", $"{{\"x\": \"{new string('a', 2 << 20)}\"}}")),
        new("a normalizer of a hundred thousand numbers", "more than 65536", Part("normalizer", $"{{\"x\": [{Many("1", 100_000)}]}}")),
        new("a normalizer of a hundred steps", "at most 64 are accepted", Part("normalizer", Sequence("normalizers", Many("{\"type\": \"NFC\"}", 100)))),
        new("a normalizer whose type comes twice", "the JSON is damaged", Part("normalizer", "{\"type\": \"NFC\", \"type\": \"NFC\"}")),
        new("a normalizer twice in a sequence", "in this order", Part("normalizer", Sequence("normalizers", Many("{\"type\": \"NFC\"}", 2)))),
        new("a normalizer with a character map", "'Precompiled'", Part("normalizer", "{\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}")),
        new("a prefix in front of bytes", "normalizer 'Prepend'", Part("normalizer", "{\"type\": \"Prepend\", \"prepend\": \"▁\"}")),
        new("a normalizer with an unknown member", "unknown member 'x'", Part("normalizer", "{\"type\": \"NFC\", \"x\": 1}")),
        new("a pattern that is none of those", "by the pattern '.*'", Part("pre_tokenizer", Pattern(".*"))),
        new("a pattern of half a megabyte", "by the pattern '((((", Part("pre_tokenizer", Pattern(new string('(', 1 << 19)))),
        new("a pattern alone", "pre-tokenizer 'Split'", Part("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {}, \"behavior\": \"Isolated\"}")),
        new("a pattern without a text", "has no member 'String'", Part("pre_tokenizer", Sequence(
            "pretokenizers", "{\"type\": \"Split\", \"pattern\": {}, \"behavior\": \"Isolated\"}, {\"type\": \"ByteLevel\", \"use_regex\": false}"))),
        new("a splitting within a splitting", "pre-tokenizer 'Sequence'", Part("pre_tokenizer", Sequence("pretokenizers", Sequence("pretokenizers", "")))),
        new("a sequence of nothing", "pre-tokenizer 'null'", Part("pre_tokenizer", Sequence("pretokenizers", ""))),
        new("a decoder for words", "decoder 'BPEDecoder'", Part("decoder", "{\"type\": \"BPEDecoder\", \"suffix\": \"</w>\"}")),
        new("a decoder that is a list", "the decoder is not an object", Part("decoder", "[]")),
        new("a post-processor for pairs", "post-processor 'RobertaProcessing'", Part("post_processor", "{\"type\": \"RobertaProcessing\"}")),
        new("a template without a text", "without the text", Part("post_processor", "{\"type\": \"TemplateProcessing\", \"single\": []}")),
        new("a template of an unknown token", "needs the token 'x'", Part(
            "post_processor",
            "{\"type\": \"TemplateProcessing\", \"single\": [{\"SpecialToken\": {\"id\": \"x\"}}, {\"Sequence\": {\"id\": \"A\"}}]}")),
        new("words without an unknown token", "neither an unknown token", Whole(
            "{\"pre_tokenizer\": {\"type\": \"BertPreTokenizer\"}, \"model\": {\"vocab\": {\"a</w>\": 0}, \"merges\": [], \"end_of_word_suffix\": \"</w>\"}}")),
        new("pieces without bytes that are not joined", "without 'byte_fallback'", Whole(
            "{\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"▁\"}, \"model\": {\"vocab\": {\"a\": 0}, \"merges\": []}}")),
        new("pieces with some bytes and no unknown token", "neither an unknown token", Whole(
            "{\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"▁\"}, \"model\": {\"vocab\": {\"<0x00>\": 0}, \"merges\": [], \"byte_fallback\": true}}")),
        new("pieces that differ by how a space is written", "have the same bytes", Whole(
            "{\"pre_tokenizer\": {\"type\": \"Metaspace\", \"replacement\": \"▁\"}, \"model\": {\"vocab\": {\"▁\": 0, \" \": 1, \"u\": 2}, \"merges\": [], \"unk_token\": \"u\", \"fuse_unk\": true}}")),
    ];

    private static InputFiles Bytes(byte[] content) => InputFiles.Folder().With("tokenizer.json", content);

    private static Func<InputFiles> Whole(string text) => () => Bytes(Encoding.UTF8.GetBytes(text));

    private static Func<InputFiles> OfModel(string model) => Whole($"{{{Split}, \"model\": {model}}}");

    private static Func<InputFiles> WithAdded(string tokens) => Whole($"{{{Split}, \"model\": {Model}, \"added_tokens\": {tokens}}}");

    /// <summary>A file with one more part, or another in its place.</summary>
    private static Func<InputFiles> Part(string name, string part) =>
        Whole($"{{{(name == "pre_tokenizer" ? "" : Split + ", ")}\"{name}\": {part}, \"model\": {Model}}}");

    private static string Sequence(string name, string steps) => $"{{\"type\": \"Sequence\", \"{name}\": [{steps}]}}";

    private static string Pattern(string pattern) =>
        Sequence("pretokenizers", $"{{\"type\": \"Split\", \"pattern\": {{\"Regex\": \"{pattern}\"}}, \"behavior\": \"Isolated\"}}, {{\"type\": \"ByteLevel\", \"use_regex\": false}}");

    private static string Many(string value, int count) => string.Join(',', Enumerable.Repeat(value, count));
}
