using System.Text.Json;
using System.Text.Json.Nodes;

namespace TinyGpt.Extensions.AI.Schemas;

/// <summary>
/// Narrows the schemas that Microsoft.Extensions.AI makes of C# types, which say less than the types do: integers get the range of
/// <see cref="int"/>, other numbers that of <see cref="decimal"/>, dates, times and URIs the form that System.Text.Json reads. Objects whose
/// properties are listed get no others, since names are matched without case when they are read. Bounds that a schema has are kept. Every value
/// of the narrowed schema is one of the given schema, except that times have no offset, because a <see cref="TimeOnly"/> has none.
/// </summary>
internal static class DotNetSchema
{
    /// <summary>Keywords that no C# type has, under which a narrower part could make the whole wider or empty.</summary>
    private static readonly string[] Foreign = ["not", "if", "oneOf", "allOf", "dependentSchemas", "contains"];

    private static readonly string[] NamedParts = ["properties", "$defs", "definitions"];
    private static readonly string[] ListedParts = ["anyOf", "prefixItems"];
    private static readonly string[] Parts = ["items", "additionalProperties"];

    /// <summary>The schema's text, narrowed; as it was where it is no schema of a C# type.</summary>
    public static string Narrow(JsonElement schema)
    {
        string text = schema.GetRawText();
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return text;
        }

        List<JsonObject> nodes = [];
        try
        {
            JsonNode root = JsonNode.Parse(text)!;
            Collect(root, nodes);
            if (nodes.Exists(node => Foreign.Any(node.ContainsKey)))
            {
                return text;
            }

            foreach (JsonObject node in nodes)
            {
                NarrowNode(node);
            }

            return root.ToJsonString();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return text; // a name twice, or text that is no Unicode: whoever compiles the schema names the place
        }
    }

    private static void Collect(JsonNode? part, List<JsonObject> nodes)
    {
        if (part is not JsonObject node)
        {
            return;
        }

        nodes.Add(node);
        foreach (JsonObject named in NamedParts.Select(name => node[name]).OfType<JsonObject>())
        {
            foreach ((string _, JsonNode? value) in named)
            {
                Collect(value, nodes);
            }
        }

        foreach (JsonNode? value in ListedParts.Select(name => node[name]).OfType<JsonArray>().SelectMany(list => list))
        {
            Collect(value, nodes);
        }

        foreach (string name in Parts)
        {
            Collect(node[name], nodes);
        }
    }

    private static void NarrowNode(JsonObject node)
    {
        if (node.ContainsKey("$ref") || node.ContainsKey("enum") || node.ContainsKey("const"))
        {
            return;
        }

        if (Is(node, "string"))
        {
            DotNetTexts.Narrow(node);
        }

        if (!node.ContainsKey("multipleOf"))
        {
            if (Is(node, "number"))
            {
                Bound(node, -DecimalBound, DecimalBound);
            }
            else if (Is(node, "integer"))
            {
                Bound(node, int.MinValue, int.MaxValue);
            }
        }

        if (Is(node, "object") && node["properties"] is JsonObject && !node.ContainsKey("anyOf") && !node.ContainsKey("patternProperties"))
        {
            node.TryAdd("additionalProperties", false);
        }
    }

    /// <summary>A power of ten within the range of <see cref="decimal"/>.</summary>
    private const decimal DecimalBound = 1e28m;

    /// <summary>Adds the bounds that a schema does not have, where they leave anything.</summary>
    private static void Bound(JsonObject node, decimal least, decimal most)
    {
        decimal? low = Number(node["minimum"]) ?? Number(node["exclusiveMinimum"]);
        decimal? high = Number(node["maximum"]) ?? Number(node["exclusiveMaximum"]);
        if (!node.ContainsKey("minimum") && !node.ContainsKey("exclusiveMinimum") && (high ?? most) > least)
        {
            node["minimum"] = least;
        }

        if (!node.ContainsKey("maximum") && !node.ContainsKey("exclusiveMaximum") && (low ?? least) < most)
        {
            node["maximum"] = most;
        }
    }

    private static decimal? Number(JsonNode? value) => value is JsonValue number && number.TryGetValue(out decimal known) ? known : null;

    /// <summary>Whether values can be of a type.</summary>
    private static bool Is(JsonObject node, string type) => node["type"] switch
    {
        JsonValue name => name.TryGetValue(out string? known) && known == type,
        JsonArray names => names.Any(name => name is JsonValue value && value.TryGetValue(out string? known) && known == type),
        _ => false,
    };
}
