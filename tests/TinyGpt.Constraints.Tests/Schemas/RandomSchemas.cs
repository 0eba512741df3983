using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace TinyGpt.Constraints.Tests.Schemas;

/// <summary>Makes random schemas, with every keyword that constraints keep, and values that are near to satisfying them.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Names = ["a", "b", "name", "x_1", "é", "a/b", "q\"t"];
    private static readonly string[] Patterns = ["^a", "b$", "^[a-c]{1,3}$", "x|y", "^(ab|cd)*$", "\\d{2}", "^[^a]*$", "^\\w+-\\w+$", "^$|^z", "é"];

    // Those that the judge understands as the RFCs do; it wants a dot in the domain of an address, and has its own idea of URIs.
    private static readonly string[] Formats = ["date", "date-time", "time", "ipv4", "ipv6", "uuid", "duration"];
    private static readonly string[] Multiples = ["1", "2", "3", "0.5", "0.01", "2.5", "7", "10", "1.5"];
    private readonly Random _random = new(seed);

    public Random Random => _random;

    public JsonNode Schema()
    {
        JsonObject root = Node(3);
        root["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        root["$defs"] = new JsonObject { ["leaf"] = Node(0), ["tree"] = Tree() };
        return root;
    }

    /// <summary>Any value, small, of words and numbers that the schemas speak of.</summary>
    public JsonNode? Value(int depth)
    {
        switch (_random.Next(depth > 0 ? 8 : 6))
        {
            case 0: return null;
            case 1: return JsonValue.Create(_random.Next(2) == 0);
            case 2: return JsonNode.Parse(Number());
            case 3: return JsonValue.Create(_random.Next(-3, 12));
            case 6: return new JsonArray([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Value(depth - 1))]);
            case 7:
                JsonObject value = [];
                for (int i = _random.Next(4); i > 0; i--) value[Name()] = Value(depth - 1);
                return value;
            default: return JsonValue.Create(Text());
        }
    }

    private JsonObject Tree() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["left"] = Ref("tree"), ["value"] = Node(1) },
        ["additionalProperties"] = false,
    };

    private static JsonObject Ref(string name) => new() { ["$ref"] = "#/$defs/" + name };

    private JsonObject Node(int depth)
    {
        JsonObject schema = _random.Next(7) switch
        {
            0 => Strings(),
            1 => Numbers(),
            2 when depth > 0 => Arrays(depth),
            3 or 4 when depth > 0 => Objects(depth),
            5 => Listed(),
            6 when depth > 0 => Ref(_random.Next(2) == 0 ? "leaf" : "tree"),
            _ => new JsonObject { ["type"] = new JsonArray("null", "boolean", "string", "number") },
        };
        if (depth > 0 && _random.Next(3) == 0) Combine(schema, depth);
        return schema;
    }

    private JsonNode Any(int depth) => _random.Next(12) switch { 0 => JsonValue.Create(true), 1 => JsonValue.Create(false), _ => Node(depth) };

    private void Combine(JsonObject schema, int depth)
    {
        JsonArray parts = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => (JsonNode?)Node(depth - 1))];
        switch (_random.Next(5))
        {
            case 0: schema["anyOf"] = parts; break;
            case 1: schema["oneOf"] = parts; break;
            case 2: schema["allOf"] = parts; break;
            case 3: schema["not"] = Node(depth - 1); break;
            default:
                schema["if"] = Node(depth - 1);
                schema["then"] = Node(depth - 1);
                schema["else"] = Node(depth - 1);
                break;
        }
    }

    private JsonObject Strings()
    {
        JsonObject schema = new() { ["type"] = "string" };
        if (_random.Next(3) == 0) schema["minLength"] = _random.Next(4);
        if (_random.Next(3) == 0) schema["maxLength"] = _random.Next(3, 9);
        if (_random.Next(3) == 0) schema["pattern"] = Pattern();
        else if (_random.Next(4) == 0) schema["format"] = Formats[_random.Next(Formats.Length)];
        return schema;
    }

    private JsonObject Numbers()
    {
        JsonObject schema = new() { ["type"] = _random.Next(2) == 0 ? "integer" : "number" };
        if (_random.Next(2) == 0) schema[_random.Next(2) == 0 ? "minimum" : "exclusiveMinimum"] = JsonNode.Parse(Number());
        if (_random.Next(2) == 0) schema[_random.Next(2) == 0 ? "maximum" : "exclusiveMaximum"] = JsonNode.Parse(Number());
        if (_random.Next(3) == 0) schema["multipleOf"] = JsonNode.Parse(Multiples[_random.Next(Multiples.Length)]);
        return schema;
    }

    private JsonObject Arrays(int depth)
    {
        JsonObject schema = new() { ["type"] = "array" };
        if (_random.Next(3) == 0) schema["prefixItems"] = new JsonArray(Any(depth - 1), Any(depth - 1));
        if (_random.Next(3) > 0) schema["items"] = Any(depth - 1);
        if (_random.Next(3) == 0) schema["minItems"] = _random.Next(3);
        if (_random.Next(3) == 0) schema["maxItems"] = _random.Next(1, 5);
        if (_random.Next(5) == 0) schema["contains"] = Node(depth - 1);
        if (schema.ContainsKey("contains") && _random.Next(3) == 0) schema["maxContains"] = 2;
        if (_random.Next(8) == 0) (schema["items"], schema["uniqueItems"]) = (new JsonObject { ["enum"] = new JsonArray("a", 1, true) }, true);
        return schema;
    }

    private JsonObject Objects(int depth)
    {
        JsonObject schema = new() { ["type"] = "object" };
        JsonObject properties = [];
        for (int i = _random.Next(4); i > 0; i--) properties[Name()] = Any(depth - 1);
        if (properties.Count > 0) schema["properties"] = properties;
        if (_random.Next(2) == 0) schema["required"] = new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Name()).Distinct().Select(name => (JsonNode?)name)]);
        if (_random.Next(2) == 0) schema["additionalProperties"] = Any(depth - 1);
        if (_random.Next(4) == 0) schema["patternProperties"] = new JsonObject { [Pattern()] = Any(depth - 1) };
        if (_random.Next(6) == 0) schema["propertyNames"] = Strings();
        if (_random.Next(5) == 0) schema["minProperties"] = _random.Next(2);
        if (_random.Next(5) == 0) schema["maxProperties"] = _random.Next(4);
        if (_random.Next(6) == 0) schema["dependentRequired"] = new JsonObject { [Name()] = new JsonArray(Name()) };
        if (_random.Next(8) == 0) schema["dependentSchemas"] = new JsonObject { [Name()] = Node(depth - 1) };
        return schema;
    }

    private JsonObject Listed() => _random.Next(2) == 0
        ? new JsonObject { ["const"] = Value(1) }
        : new JsonObject { ["enum"] = new JsonArray([.. Enumerable.Range(0, _random.Next(1, 5)).Select(_ => Value(1)).DistinctBy(value => value?.ToJsonString())]) };

    private string Pattern() => Patterns[_random.Next(Patterns.Length)];

    private string Name() => Names[_random.Next(Names.Length)];

    private string Number()
    {
        decimal number = _random.Next(-400, 1200) / (decimal)(_random.Next(3) switch { 0 => 1, 1 => 10, _ => 100 });
        return (number / 1.0000m).ToString(CultureInfo.InvariantCulture);
    }

    private string Text()
    {
        StringBuilder text = new();
        for (int i = _random.Next(5); i > 0; i--) text.Append("abcdxyz12-é\"/ 😀"[_random.Next(14)]);
        return _random.Next(6) switch
        {
            0 => "2024-02-29",
            1 => "10.0.0.1",
            _ => text.ToString(),
        };
    }
}
