using System.Text.Json;

namespace TinyGpt.Extensions.AI.ResponseFormats;

/// <summary>One object of a JSON schema, and its place in it. Annotations, which allow and forbid nothing, are left out.</summary>
internal sealed class SchemaNode
{
    private static readonly HashSet<string> Annotations = ["$schema", "$comment", "title", "description", "default", "examples"];

    private readonly Dictionary<string, JsonElement> _keywords = new(StringComparer.Ordinal);

    /// <exception cref="ResponseFormatException">It is no object, or has a keyword twice.</exception>
    public SchemaNode(JsonElement schema, string path)
    {
        Path = path;
        if (schema.ValueKind != JsonValueKind.Object)
        {
            throw Refuse($"a schema is an object here, not {schema.ValueKind}.");
        }

        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            if (!Annotations.Contains(keyword.Name) && !_keywords.TryAdd(keyword.Name, keyword.Value))
            {
                throw Refuse(keyword.Name, "is here twice.");
            }
        }
    }

    public string Path { get; }

    public bool Has(string keyword) => _keywords.ContainsKey(keyword);

    public bool TryGet(string keyword, out JsonElement value) => _keywords.TryGetValue(keyword, out value);

    /// <summary>Refuses what the schema has beside the keywords that are understood.</summary>
    public void Allow(params ReadOnlySpan<string> understood)
    {
        foreach (string keyword in _keywords.Keys)
        {
            if (!understood.Contains(keyword))
            {
                throw Refuse(keyword, $"is not supported here; supported are {string.Join(", ", understood)}.");
            }
        }
    }

    /// <summary>A whole number, which must be there unless <paramref name="absent"/> says what it is otherwise.</summary>
    public long Integer(string keyword, long least, long most, long? absent = null)
    {
        if (!_keywords.TryGetValue(keyword, out JsonElement element))
        {
            return absent ?? throw Refuse($"{keyword} is missing: an answer of any size cannot be kept to; give {least} … {most}.");
        }

        if (element.ValueKind != JsonValueKind.Number || !element.TryGetDecimal(out decimal value) || value != decimal.Truncate(value)
            || value < least || value > most)
        {
            throw Refuse(keyword, $"must be a whole number, {least} … {most}.");
        }

        return (long)value;
    }

    public ResponseFormatException Refuse(string problem) => new(Path, problem);

    public ResponseFormatException Refuse(string keyword, string problem) => new($"{Path}.{keyword}", problem);
}
