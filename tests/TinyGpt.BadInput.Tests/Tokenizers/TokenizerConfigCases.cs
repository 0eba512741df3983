using System.Text;
using TinyGpt.BadInput.Tests.Cases;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>tokenizer_config.json and chat_template.jinja beside GPT-2's files.</summary>
internal static class TokenizerConfigCases
{
    private const string NoJson = "the JSON is damaged";
    private const string Json = """{"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": true, "chat_template": "<|im_start|><|im_end|>"}""";

    public static readonly InputFiles Valid = Gpt2FileCases.Valid
        .With("vocab.json", """{"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3, "<s>": 4, "</s>": 5}"""u8.ToArray())
        .With("tokenizer_config.json", Encoding.UTF8.GetBytes(Json));

    public static readonly BadCase[] All =
    [
        new("an empty file", NoJson, Config("")),
        new("an array", "must be an object", Config("[]")),
        new("a file that is cut", NoJson, Config(Json[..^1])),
        new("a file with something after it", NoJson, Config(Json + "1")),
        new("a file that is no UTF-8", "not valid UTF-8", () => Valid.With("tokenizer_config.json", [.. "{\"x\": "u8, 0xFF, .. "}"u8])),
        new("a hundred thousand levels", NoJson, Config($"{{\"x\": {new string('[', 100_000)}")),
        new("five megabytes", "at most 4194304 are accepted", Config(Json + new string(' ', 5 << 20))),
        new("a million numbers", "more than 524288 names and values", Config($"{{\"x\": [{string.Join(',', Enumerable.Repeat("1", 1_000_000))}]}}")),
        new("a name twice", "the JSON is damaged", Config("{\"bos_token\": \"a\", \"bos_token\": \"b\"}")),
        new("a begin of text that is a number", "must be text", Config("{\"bos_token\": 1}")),
        new("a begin of text that is a list", "must be text", Config("{\"bos_token\": [\"<s>\"]}")),
        new("a begin of text without content", "has no member 'content'", Config("{\"bos_token\": {\"lstrip\": true}}")),
        new("an end of text that is half a surrogate pair", "is not valid text", Config("{\"eos_token\": \"\\ud800\"}")),
        new("a begin of text that is wanted and not named", "needs the token ''", Config("{\"add_bos_token\": true}")),
        new("a begin of text that is wanted and unknown", "needs the token '<x>'", Config("{\"add_bos_token\": true, \"bos_token\": \"<x>\"}")),
        new("a want that is text", "must be true or false", Config("{\"add_bos_token\": \"yes\"}")),
        new("a prefix space that is null text", "must be true or false", Config("{\"add_prefix_space\": \"null\"}")),
        new("another class", "tokenizer_class 'T5Tokenizer'", Config("{\"tokenizer_class\": \"T5Tokenizer\"}")),
        new("a chat template that is a number", "must be text", Config("{\"chat_template\": 1}")),
        new("a chat template of two megabytes", "at most 1048576 are accepted", Config($"{{\"chat_template\": \"{new string('a', 2 << 20)}\"}}")),
        new("chat templates without names", "has no member 'name'", Config("{\"chat_template\": [{}]}")),
        new("a chat template without a text", "has no member 'template'", Config("{\"chat_template\": [{\"name\": \"default\"}]}")),
        new("a thousand chat templates", "at most 64 are accepted", Config(
            $"{{\"chat_template\": [{string.Join(',', Enumerable.Repeat("{\"name\": \"a\", \"template\": \"b\"}", 1000))}]}}")),
        new("a chat template's file of two megabytes", "at most 1048576 are accepted", () => Valid.With("chat_template.jinja", new byte[2 << 20])),
        new("a chat template's file that is no UTF-8", "", () => Valid.With("chat_template.jinja", [0xFF, 0xFE])) { Expected = Victim.LoadResult.Loaded },
        new("a chat template of very many marks", "", Config(
            $"{{\"chat_template\": \"{string.Concat(Enumerable.Repeat("'<|im_start|>system\\\\n", 20_000))}<|im_end|>\"}}"))
        { Expected = Victim.LoadResult.Loaded },
    ];

    private static Func<InputFiles> Config(string text) => () => Valid.With("tokenizer_config.json", Encoding.UTF8.GetBytes(text));
}
