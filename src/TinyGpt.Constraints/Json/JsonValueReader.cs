using System.Text;
using System.Text.Json;

namespace TinyGpt.Constraints.Json;

/// <summary>Reads UTF-8 JSON into <see cref="JsonValue"/>: one pass, comments refused, depth limited.</summary>
internal static class JsonValueReader
{
    /// <exception cref="JsonException">The text is no JSON or is nested deeper than allowed.</exception>
    public static JsonValue Read(ReadOnlySpan<byte> utf8, int maxDepth)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        Utf8JsonReader reader = new(utf8, new JsonReaderOptions { MaxDepth = maxDepth });
        reader.Read();
        JsonValue value = ReadValue(ref reader);
        reader.Read();
        return value;
    }

    private static JsonValue ReadValue(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return JsonValue.Null;
            case JsonTokenType.True: return JsonValue.True;
            case JsonTokenType.False: return JsonValue.False;
            case JsonTokenType.Number: return JsonValue.OfNumber(Encoding.ASCII.GetString(reader.ValueSpan));
            case JsonTokenType.String: return JsonValue.OfString(Text(ref reader));
            case JsonTokenType.StartArray:
                List<JsonValue> items = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) items.Add(ReadValue(ref reader));
                return JsonValue.OfArray(items);
            default:
                return ReadObject(ref reader);
        }
    }

    private static JsonValue ReadObject(ref Utf8JsonReader reader)
    {
        List<KeyValuePair<string, JsonValue>> members = [];
        HashSet<string>? names = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string name = Text(ref reader);
            reader.Read();
            JsonValue value = ReadValue(ref reader);
            if (IsNew(members, ref names, name)) members.Add(new(name, value));
            else members[members.FindIndex(member => member.Key == name)] = new(name, value);
        }

        return JsonValue.OfObject(members);
    }

    private static bool IsNew(List<KeyValuePair<string, JsonValue>> members, ref HashSet<string>? names, string name)
    {
        if (names is not null) return names.Add(name);
        foreach ((string known, _) in members)
        {
            if (known == name) return false;
        }

        if (members.Count == 8)
        {
            names = new HashSet<string>(members.Select(member => member.Key), StringComparer.Ordinal) { name };
        }

        return true;
    }

    private static string Text(ref Utf8JsonReader reader)
    {
        // A lone surrogate ("\ud800") is JSON, but no text: GetString throws InvalidOperationException for it.
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException(error.Message, error);
        }
    }
}
