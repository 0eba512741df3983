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
        new("a splitting whose type is a number", "not a string", Whole("{\"pre_tokenizer\": {\"type\": 1}}")),
        new("a normalizer", "normalizer 'NFKC'", Whole("{\"normalizer\": {\"type\": \"NFKC\"}}")),
        new("a model that is null", "not an object", Whole("{\"model\": null}")),
        new("another model", "'WordPiece'", OfModel("{\"type\": \"WordPiece\"}")),
        new("a model that falls back to bytes", "'byte_fallback'", OfModel("{\"byte_fallback\": true}")),
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
        new("an added token far behind the others", "no token has id 3", WithAdded("[{\"id\": 1048575, \"content\": \"<pad>\"}]")),
        new("an added token of an odd kind", "'lstrip'", WithAdded("[{\"id\": 3, \"content\": \"<pad>\", \"lstrip\": true}]")),
        new("an added token that is half a surrogate pair", "surrogate", WithAdded("[{\"id\": 3, \"content\": \"\\udead\"}]")),
        new("a special token that is ordinary", "ordinary text becomes it", WithAdded("[{\"id\": 2, \"content\": \"ab\", \"special\": true}]")),
    ];

    private static InputFiles Bytes(byte[] content) => InputFiles.Folder().With("tokenizer.json", content);

    private static Func<InputFiles> Whole(string text) => () => Bytes(Encoding.UTF8.GetBytes(text));

    private static Func<InputFiles> OfModel(string model) => Whole($"{{{Split}, \"model\": {model}}}");

    private static Func<InputFiles> WithAdded(string tokens) => Whole($"{{{Split}, \"model\": {Model}, \"added_tokens\": {tokens}}}");
}
