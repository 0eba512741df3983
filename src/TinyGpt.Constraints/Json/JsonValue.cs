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

    private void Index()
    {
        _index = new Dictionary<string, JsonValue>(Members.Count, StringComparer.Ordinal);
        foreach ((string key, JsonValue value) in Members) _index[key] = value;
    }
}
