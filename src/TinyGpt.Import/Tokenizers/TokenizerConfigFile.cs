using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;

namespace TinyGpt.Import.Tokenizers;

/// <summary>
/// What a folder's <c>tokenizer_config.json</c> says beside the tokenizer itself: which tokens begin and end a text, and how the model was taught
/// to talk. Templates in separate files take precedence.
/// </summary>
internal sealed record TokenizerConfigFile
{
    private const int Longest = 4 << 20;
    private const int LongestTemplate = 1 << 20;
    private const int MostTemplates = 64;

    private static readonly JsonLimits Limits = new(Depth: 32, Tokens: 1 << 19, TextBytes: LongestTemplate);

    private string _file = "";

    /// <summary>The class that the file was written by, or null.</summary>
    internal string? TokenizerClass { get; private init; }

    /// <summary>The token before a text, as it is written, or null.</summary>
    internal string? BeginToken { get; private init; }

    /// <summary>The tokens that end a text, as they are written; <c>special_tokens_map.json</c> may name another than this file.</summary>
    internal IReadOnlyList<string> EndTokens { get; private init; } = [];

    /// <summary>The token for what has none, or null.</summary>
    internal string? UnknownToken { get; private init; }

    /// <summary>Whether <see cref="BeginToken"/> is put before texts; null where the file does not say.</summary>
    internal bool? AddsBeginToken { get; private init; }

    /// <summary>Whether a text begins with a space that is not its own.</summary>
    internal bool AddsPrefixSpace { get; private init; }

    /// <summary>The chat templates by name.</summary>
    internal IReadOnlyList<NamedChatTemplate> ChatTemplates { get; private init; } = [];

    /// <summary>Where what the file says is said.</summary>
    internal FilePlace Place => new(_file, null);

    /// <summary>Reads a folder's files; what is not there is null.</summary>
    internal static TokenizerConfigFile Read(string folder)
    {
        string path = Path.Combine(folder, "tokenizer_config.json");
        TokenizerConfigFile config = File.Exists(path) ? Parse(BoundedFile.Read(path, Longest), path) : new TokenizerConfigFile { _file = path };
        string map = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(map) && ReadEndToken(BoundedFile.Read(map, Longest), map) is { } end && !config.EndTokens.Contains(end))
        {
            config = config with { EndTokens = [.. config.EndTokens, end] };
        }

        return config with { ChatTemplates = ChatTemplateFiles.Read(folder, config.ChatTemplates) };
    }

    private static TokenizerConfigFile Parse(byte[] content, string path)
    {
        using JsonDocument document = CheckedJson.Parse(content, Limits, path, offset: null, out CheckedJson json);
        return new TokenizerConfigFile
        {
            _file = path,
            TokenizerClass = json.Has("tokenizer_class") ? json.Text("tokenizer_class") : null,
            BeginToken = ReadToken(json, "bos_token"),
            EndTokens = ReadToken(json, "eos_token") is { } end ? [end] : [],
            UnknownToken = ReadToken(json, "unk_token"),
            AddsBeginToken = json.Has("add_bos_token") ? json.Boolean("add_bos_token") : null,
            AddsPrefixSpace = json.Has("add_prefix_space") && json.Boolean("add_prefix_space"),
            ChatTemplates = ReadTemplates(json),
        };
    }

    private static string? ReadEndToken(byte[] map, string path)
    {
        using JsonDocument document = CheckedJson.Parse(map, Limits, path, offset: null, out CheckedJson json);
        return ReadToken(json, "eos_token");
    }

    private static string? ReadToken(CheckedJson json, string name) =>
        !json.Has(name) ? null
        : json.IsObject(name) ? json.Object(name).Text("content")
        : json.Text(name);

    /// <summary>The templates: one text, or several that have names.</summary>
    private static List<NamedChatTemplate> ReadTemplates(CheckedJson json)
    {
        if (!json.Has("chat_template"))
        {
            return [];
        }

        return !json.IsArray("chat_template")
            ? [new NamedChatTemplate(NamedChatTemplate.Default, json.Text("chat_template"))]
            : [.. json.Objects("chat_template", MostTemplates)
                .Select(template => new NamedChatTemplate(template.Text("name"), template.Text("template")))
                .Where(template => NamedChatTemplate.IsName(template.Name))
                .DistinctBy(template => template.Name)
                .Take(ChatFormat.MaxTemplates)];
    }
}
