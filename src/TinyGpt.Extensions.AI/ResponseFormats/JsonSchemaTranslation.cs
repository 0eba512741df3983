using System.Text.Json;
using TinyGpt.Dialogue;

namespace TinyGpt.Extensions.AI.ResponseFormats;

/// <summary>
/// Translates JSON schemas (draft 2020-12, the subset that <see cref="TinyGptChatClient"/> documents) into grammars. Every answer of the
/// grammar is valid under the schema; members are written in the schema's order, optional ones too.
/// </summary>
internal static class JsonSchemaTranslation
{
    /// <summary>Objects and arrays within each other; fewer than a grammar allows, so that the schema's place is in the error.</summary>
    private const int MostNesting = 24;

    /// <exception cref="ResponseFormatException">The schema uses something else; names the place.</exception>
    public static Grammar Translate(JsonElement schema) => Grammar.Json(Value(schema, "$", 0));

    private static Grammar Value(JsonElement schema, string path, int nesting)
    {
        SchemaNode node = new(schema, path);
        if (nesting > MostNesting)
        {
            throw node.Refuse($"is nested more than {MostNesting} deep.");
        }

        string type = TypeOf(node);
        return type switch
        {
            "string" => Text(node),
            "integer" => Integer(node),
            "boolean" => Boolean(node),
            "object" => Object(node, nesting),
            "array" => Array(node, nesting),
            _ => throw node.Refuse("type", $"'{type}' is not supported; supported are object, array, string, integer and boolean."),
        };
    }

    private static string TypeOf(SchemaNode node)
    {
        if (node.TryGet("type", out JsonElement type))
        {
            return type.ValueKind == JsonValueKind.String
                ? StringOf(type, $"{node.Path}.type")
                : throw node.Refuse("type", "must be the name of one type.");
        }

        return node.Has("enum") || node.Has("const") ? "string" : throw node.Refuse("type is missing.");
    }

    private static Grammar Text(SchemaNode node)
    {
        if (node.TryGet("const", out JsonElement constant))
        {
            node.Allow("type", "const");
            return Grammar.Literal(StringOf(constant, $"{node.Path}.const"));
        }

        if (!node.TryGet("enum", out JsonElement values))
        {
            node.Allow("type", "enum", "const", "minLength", "maxLength");
            int most = (int)node.Integer("maxLength", 1, Grammar.MostRepetitions);
            node.Integer("minLength", 0, 1, absent: 0); // a grammar's text has a character at least
            return Grammar.Text(most);
        }

        node.Allow("type", "enum");
        if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() is 0 or > Grammar.MostParts)
        {
            throw node.Refuse("enum", $"must be an array of 1 … {Grammar.MostParts} strings.");
        }

        return Grammar.Choice(values.EnumerateArray().Select((value, index) => StringOf(value, $"{node.Path}.enum[{index}]")));
    }

    private static Grammar Integer(SchemaNode node)
    {
        node.Allow("type", "minimum", "maximum");
        long least = node.Integer("minimum", -Grammar.LargestNumber, Grammar.LargestNumber);
        long most = node.Integer("maximum", -Grammar.LargestNumber, Grammar.LargestNumber);
        return least <= most ? Grammar.Number(least, most) : throw node.Refuse("maximum", $"must be the minimum, {least}, or more.");
    }

    private static Grammar Boolean(SchemaNode node)
    {
        node.Allow("type");
        return Grammar.Boolean;
    }

    private static Grammar Array(SchemaNode node, int nesting)
    {
        node.Allow("type", "items", "minItems", "maxItems");
        if (!node.TryGet("items", out JsonElement items))
        {
            throw node.Refuse("items is missing: say what the array is of.");
        }

        long most = node.Integer("maxItems", 1, Grammar.MostRepetitions);
        long least = node.Integer("minItems", 0, most, absent: 0);
        return Grammar.Repeat(Value(items, $"{node.Path}.items", nesting + 1), (int)least, (int)most);
    }

    private static Grammar Object(SchemaNode node, int nesting)
    {
        node.Allow("type", "properties", "required", "additionalProperties");
        if (node.TryGet("additionalProperties", out JsonElement additional)
            && additional.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            throw node.Refuse("additionalProperties", "must be true or false; an answer has the properties that are named and no other.");
        }

        List<(string Name, Grammar Value)> members = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        if (node.TryGet("properties", out JsonElement properties))
        {
            if (properties.ValueKind != JsonValueKind.Object)
            {
                throw node.Refuse("properties", "must be an object.");
            }

            foreach (JsonProperty property in properties.EnumerateObject())
            {
                string name = NameOf(property, $"{node.Path}.properties");
                string path = $"{node.Path}.properties.{name}";
                if (!names.Add(name))
                {
                    throw new ResponseFormatException(path, "is here twice.");
                }

                members.Add((name, Value(property.Value, path, nesting + 1)));
            }
        }

        if (members.Count > Grammar.MostParts)
        {
            throw node.Refuse("properties", $"must be {Grammar.MostParts} or fewer.");
        }

        CheckRequired(node, names);
        return Grammar.JsonObject([.. members]);
    }

    private static void CheckRequired(SchemaNode node, HashSet<string> names)
    {
        if (!node.TryGet("required", out JsonElement required))
        {
            return;
        }

        if (required.ValueKind != JsonValueKind.Array)
        {
            throw node.Refuse("required", "must be an array of names.");
        }

        int index = 0;
        foreach (JsonElement name in required.EnumerateArray())
        {
            string path = $"{node.Path}.required[{index++}]";
            if (!names.Contains(StringOf(name, path)))
            {
                throw new ResponseFormatException(path, "must be the name of one of the properties.");
            }
        }
    }

    private static string NameOf(JsonProperty property, string path)
    {
        try
        {
            return Checked(property.Name);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new ResponseFormatException(path, "has a name that is no valid Unicode.", exception);
        }
    }

    private static string StringOf(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            throw new ResponseFormatException(path, $"must be a string, not {value.ValueKind}.");
        }

        try
        {
            return Checked(value.GetString()!);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw new ResponseFormatException(path, "is no valid Unicode.", exception);
        }
    }

    /// <summary>Refuses half surrogate pairs, as a grammar would, but where the place is known.</summary>
    private static string Checked(string text)
    {
        _ = Grammar.Literal(text);
        return text;
    }
}
