using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>The metadata as JSON: what is no JSON, too much of it, names twice, members of the wrong type, missing or unknown.</summary>
internal static class TgptJsonCases
{
    private const int Huge = (16 << 20) - 20_000;
    private const string TooMany = "names and values";
    private const string TooLong = "bytes long";
    private const string Damaged = "the JSON is damaged";

    public static readonly BadCase[] All =
    [
        new("metadata of spaces alone", Damaged, RawText(_ => "")),
        new("metadata of zero bytes", Damaged, RawBytes(text => new byte[text.Length])),
        new("a root that is null", "must be an object", RawText(_ => "null")),
        new("a root that is an array", "must be an object", RawText(text => $"[{text}]")),
        new("a root that is a number", "must be an object", RawText(_ => "1e1")),
        new("a root that is text", "must be an object", RawText(_ => "\"TGPT\"")),
        new("an object that does not end", Damaged, RawText(text => text[..^1])),
        new("two roots", Damaged, RawText(text => text + "{}")),
        new("a comma too many", Damaged, RawText(text => text[..^1] + ",}")),
        new("a remark", Damaged, RawText(text => text + "/* remark */")),
        new("single quotes", Damaged, RawText(text => text.Replace('"', '\''))),
        new("a number that is no JSON", Damaged, RawText(text => Replace(text, "1E-05", "NaN"))),
        new("a number with a leading zero", Damaged, RawText(text => Replace(text, "\"width\":24", "\"width\":024"))),
        new("a line feed within text", Damaged, RawText(text => Replace(text, "gelu_erf", "gelu\nerf"))),
        new("a name twice", Damaged, RawText(text => Replace(text, "{\"format\":1", "{\"format\":1,\"format\":1"))),
        new("a name twice in the configuration", Damaged, RawText(text => Replace(text, "\"width\":24", "\"width\":24,\"width\":48"))),
        new("a name twice, once written with an escape", Damaged, RawText(text => Replace(text, "\"width\":24", "\"width\":24,\"w\\u0069dth\":24"))),
        new("a name twice in a chunk", Damaged, RawText(text => Replace(text, "\"codec\":\"raw\"", "\"codec\":\"raw\",\"codec\":\"lz4\""))),
        new("a byte that is no UTF-8", "not valid UTF-8", RawBytes(text => Latin(Replace(text, "gelu_erf", "gelu\u00FFerf")))),
        new("a letter in more bytes than it needs", "not valid UTF-8", RawBytes(text => Latin(Replace(text, "gelu_erf", "\u00C1\u00A1elu_erf")))),
        new("half of a surrogate pair as bytes", "not valid UTF-8", RawBytes(text => Latin(Replace(text, "gelu", "\u00ED\u00A0\u0080")))),
        new("a byte order mark", Damaged, RawText(text => "\uFEFF" + text)),
        new("UTF-16", "", RawBytes(Encoding.Unicode.GetBytes, 32768)),
        new("half of a surrogate pair as an escape in a name", "", RawText(text => Replace(text, "\"width\"", "\"\\ud800\""))),
        new("half of a surrogate pair as an escape in a value", "not valid text", RawText(text => Replace(text, "gelu_erf", "\\udc00"))),
        new("nine levels", Damaged, RawText(text => Replace(text, "\"format\":1", "\"format\":[[[[[[[[1]]]]]]]]"))),
        new("a hundred thousand levels", Damaged, RawText(_ => new string('[', 100_000), 120_000)),
        new("a million values", TooMany, RawText(_ => $"{{\"a\":[{string.Join(',', Enumerable.Repeat("1", 1_000_000))}]}}", 2_100_000)),
        new("as many values as fit", TooMany, RawText(_ => $"{{\"a\":[{new StringBuilder(Huge).Insert(0, "0,", Huge / 2)}0]}}", Huge + 100)),
        new("as many objects as fit", TooMany, RawText(_ => $"{{\"a\":[{new StringBuilder(Huge).Insert(0, "{},", Huge / 3)}0]}}", Huge + 100)),
        new("as many members as fit", TooMany, RawText(_ => ManyMembers(), Huge)),
        new("a name as long as fits", TooLong, RawText(_ => $"{{\"{new string('n', Huge)}\":1}}", Huge + 100)),
        new("text as long as fits", TooLong, RawText(_ => $"{{\"format\":\"{new string('t', Huge)}\"}}", Huge + 100)),
        new("text of escapes alone", TooLong, RawText(_ => $"{{\"format\":\"{Escapes(Huge / 6)}\"}}", Huge + 100)),
        new("a number of a million digits", TooLong, RawText(_ => $"{{\"format\":{new string('7', 1_000_000)}}}", 1_000_100)),
        new("an unknown member", "unknown member 'adapters'", Json(json => json["adapters"] = new JsonArray())),
        new("an unknown member of the configuration", "unknown member 'ropeBase'", Configuration("ropeBase", "10000")),
        new("an unknown member of a chunk", "unknown member 'key'", ChunkEntry("head", "key", "\"00\"")),
        new("an unknown member of a tensor", "unknown member 'scale'", TensorEntry("head", "scale", "2")),
        new("an unknown member of the tokenizer", "unknown member 'url'", Json(json => json["tokenizer"]!["url"] = "http://localhost")),
        new("a chat template that there is not", "template 'jinja', which is not supported", Chat("template", "jinja")),
        new("a chat template that is null", "'template', which must be text", Chat("template", null)),
        new("a chat's default that is a number", "'system', which must be text", Chat("system", 1)),
        new("an unknown member of the chat", "unknown member 'code'", Chat("code", "{{ }}")),
        new("a chat that is text", "must be an object", Json(json => json["tokenizer"]!["chat"] = "chatml")),
        new("no format", "no member 'format'", Json(json => json.Remove("format"))),
        new("format 0", "format 0", Json(json => json["format"] = 0)),
        new("a format that is text", "must be a whole number", Json(json => json["format"] = "1")),
        new("a format with a fraction", "must be a whole number", Json(json => json["format"] = 1.5)),
        new("no configuration", "no member 'config'", Json(json => json.Remove("config"))),
        new("a configuration that is an array", "must be an object", Json(json => json["config"] = new JsonArray())),
        new("no tensors", "no member 'tensors'", Json(json => json.Remove("tensors"))),
        new("tensors that are an object", "must be an array", Json(json => json["tensors"] = new JsonObject())),
        new("a tensor that is a number", "must be an object", Json(json => json["tensors"]![3] = 3)),
        new("a tensor that is null", "must be an object", Json(json => json["tensors"]![0] = null)),
        new("no chunks", "no member 'chunks'", Json(json => json.Remove("chunks"))),
        new("chunks that are text", "must be an array", Json(json => json["chunks"] = "none")),
        new("a tokenizer that is text", "must be an object", Json(json => json["tokenizer"] = "byte_bpe")),
        new("a tokenizer without a kind", "no member 'kind'", Json(json => json["tokenizer"]!.AsObject().Remove("kind"))),
        new("a tokenizer of an unknown kind", "kind 'unigram'", Json(json => json["tokenizer"]!["kind"] = "unigram")),
        new("a tokenizer without a chunk", "no member 'chunk'", Json(json => json["tokenizer"]!.AsObject().Remove("chunk"))),
    ];

    private static byte[] Latin(string text) => Encoding.Latin1.GetBytes(text);

    private static string Replace(string text, string old, string replacement)
    {
        int at = text.IndexOf(old, StringComparison.Ordinal);
        return string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length));
    }

    private static string ManyMembers()
    {
        StringBuilder text = new("{");
        for (int i = 0; text.Length < Huge - 20; i++)
        {
            text.Append('"').Append(i).Append("\":0,");
        }

        return text.Append("\"z\":0}").ToString();
    }

    private static string Escapes(int count) => new StringBuilder(6 * count).Insert(0, "\\u0041", count).ToString();

    private static Func<InputFiles> Chat(string name, JsonNode? value) =>
        Json(json => json["tokenizer"]!["chat"] = new JsonObject { ["template"] = "plain", [name] = value?.DeepClone() });
}
