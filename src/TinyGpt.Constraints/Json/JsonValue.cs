using System.Text;

namespace TinyGpt.Constraints.Json;

/// <summary>What kind of JSON value a <see cref="JsonValue"/> is.</summary>
internal enum JsonKind
{
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// <summary>
/// A JSON value as a schema's reader needs it: members keep their order, numbers keep their text, and a member is found in
/// constant time. Immutable once read.
/// </summary>
internal sealed class JsonValue
{
    private Dictionary<string, JsonValue>? _index;

    private JsonValue(JsonKind kind)
    {
        Kind = kind;
    }

    public static JsonValue Null { get; } = new(JsonKind.Null);

    public static JsonValue False { get; } = new(JsonKind.False);

    public static JsonValue True { get; } = new(JsonKind.True);

    public JsonKind Kind { get; }

    /// <summary>The decoded text of a string, or the literal text of a number.</summary>
    public string Text { get; private init; } = "";

    public IReadOnlyList<JsonValue> Items { get; private init; } = [];

    public IReadOnlyList<KeyValuePair<string, JsonValue>> Members { get; private init; } = [];

    public bool IsBoolean => Kind is JsonKind.True or JsonKind.False;

    public static JsonValue OfString(string text) => new(JsonKind.String) { Text = text };

    public static JsonValue OfNumber(string literal) => new(JsonKind.Number) { Text = literal };

    public static JsonValue OfArray(IReadOnlyList<JsonValue> items) => new(JsonKind.Array) { Items = items };

    /// <summary>An object; of two members with one name the last counts, at the place of the first.</summary>
    public static JsonValue OfObject(List<KeyValuePair<string, JsonValue>> members)
    {
        JsonValue value = new(JsonKind.Object) { Members = members };
        if (members.Count > 8) value.Index();
        return value;
    }

    /// <summary>The member of that name, or null where there is none or this is no object.</summary>
    public JsonValue? Find(string name)
    {
        if (_index is not null) return _index.GetValueOrDefault(name);
        foreach ((string key, JsonValue value) in Members)
        {
            if (key == name) return value;
        }

        return null;
    }

    /// <summary>The value in compact JSON, for messages.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        Write(text);
        return text.ToString();
    }

    private void Index()
    {
        _index = new Dictionary<string, JsonValue>(Members.Count, StringComparer.Ordinal);
        foreach ((string key, JsonValue value) in Members) _index[key] = value;
    }

    private void Write(StringBuilder text)
    {
        switch (Kind)
        {
            case JsonKind.Null: text.Append("null"); break;
            case JsonKind.False: text.Append("false"); break;
            case JsonKind.True: text.Append("true"); break;
            case JsonKind.Number: text.Append(Text); break;
            case JsonKind.String: text.Append('"').Append(Text).Append('"'); break;
            case JsonKind.Array:
                text.Append('[');
                for (int i = 0; i < Items.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    Items[i].Write(text);
                }

                text.Append(']');
                break;
            default:
                text.Append('{');
                for (int i = 0; i < Members.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    text.Append('"').Append(Members[i].Key).Append("\":");
                    Members[i].Value.Write(text);
                }

                text.Append('}');
                break;
        }
    }
}
