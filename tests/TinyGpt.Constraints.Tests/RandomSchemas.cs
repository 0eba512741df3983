using System.Globalization;
using System.Text;

namespace TinyGpt.Constraints.Tests;

/// <summary>Makes random JSON schemas of what is used most, each from its own seed.</summary>
internal sealed class RandomSchemas(int seed)
{
    private static readonly string[] Names = ["id", "name", "tags", "size", "open", "note", "ünits", "a b", "q\"t", "x"];

    private static readonly string[] Patterns = ["^[a-z]+$", "^[A-Z]{2}-[0-9]{1,4}$", "^(yes|no)$", "[0-9]", "^[ -~]{2,5}$", "^\\\\S+\\\\.txt$"];

    private readonly Random _random = new(seed);

    /// <summary>A schema.</summary>
    public string Next() => _random.Next(12) == 0
        ? """
            {"$defs":{"tree":{"type":"object","properties":{"value":{"type":"string"},"next":{"$ref":"#/$defs/tree"}},"required":["value"],
            "additionalProperties":false}},"type":"array","items":{"$ref":"#/$defs/tree"}}
            """
        : Any(3);

    private string Any(int depth) => _random.Next(depth > 0 ? 10 : 6) switch
    {
        0 => String(),
        1 => Number("integer"),
        2 => Number("number"),
        3 => """{"type":"boolean"}""",
        4 => """{"enum":[1,"two",null,{"three":[3.5]},"f\u00fcnf"]}""",
        5 => _random.Next(2) == 0 ? """{"const":"fix \"ed\""}""" : """{"type":["null","integer"],"minimum":-99,"maximum":9999}""",
        6 or 7 => Object(depth - 1),
        8 => Array(depth - 1),
        _ => $$"""{"anyOf":[{{Any(depth - 1)}},{{Any(depth - 1)}}]}""",
    };

    private string String()
    {
        List<string> parts = ["\"type\":\"string\""];
        int kind = _random.Next(5);
        if (kind == 0)
        {
            int min = _random.Next(4);
            parts.Add($"\"minLength\":{min},\"maxLength\":{min + _random.Next(20)}");
        }
        else if (kind == 1)
        {
            parts.Add($"\"pattern\":\"{Patterns[_random.Next(Patterns.Length)]}\"");
        }

        return $"{{{string.Join(',', parts)}}}";
    }

    // Bounded, with few digits, so that the judge's arithmetic can hold nearly all of them; one in sixteen is not.
    private string Number(string type)
    {
        int min = _random.Next(-200, 200);
        int max = min + _random.Next(10, 3000);
        return _random.Next(16) switch
        {
            < 5 => $$"""{"type":"integer","minimum":{{min}},"maximum":{{max}}}""",
            < 8 => $$"""{"type":"{{type}}","multipleOf":0.25,"exclusiveMinimum":{{min}},"exclusiveMaximum":{{max}}}""",
            < 10 => $$"""{"type":"{{type}}","multipleOf":0.01,"minimum":{{min}}.5,"maximum":{{max}}}""",
            < 13 => $$"""{"type":"integer","multipleOf":{{_random.Next(2, 9)}},"minimum":{{min}},"maximum":{{max}}}""",
            < 15 => $$"""{"anyOf":[{"type":"integer","exclusiveMaximum":{{min}},"minimum":-1000},{"type":"{{type}}","multipleOf":0.5,"minimum":{{max}},"maximum":9999}]}""",
            _ => $$"""{"type":"{{type}}","minimum":{{min}}}""",
        };
    }

    private string Object(int depth)
    {
        int count = _random.Next(1, 5);
        string[] names = [.. Names.OrderBy(_ => _random.Next()).Take(count)];
        StringBuilder schema = new("{\"type\":\"object\",\"properties\":{");
        schema.AppendJoin(',', names.Select(name => $"{Quoted(name)}:{Any(depth)}")).Append('}');
        string[] required = [.. names.Where(_ => _random.Next(2) == 0)];
        if (required.Length > 0)
        {
            schema.Append(",\"required\":[").AppendJoin(',', required.Select(Quoted)).Append(']');
        }

        switch (_random.Next(4)) // the rest may have anything
        {
            case 0:
                schema.Append(",\"additionalProperties\":false");
                break;
            case 1:
                schema.Append(",\"additionalProperties\":").Append(Any(0));
                break;
            case 2:
                schema.Append(CultureInfo.InvariantCulture, $",\"minProperties\":{_random.Next(3)},\"maxProperties\":{Math.Max(required.Length, 3) + _random.Next(3)}");
                schema.Append(",\"additionalProperties\":").Append(Any(0));
                break;
            case 3 when _random.Next(4) > 0:
                schema.Append(",\"patternProperties\":{\"^[a-f]\":").Append(Any(0)).Append("},\"additionalProperties\":").Append(Any(0));
                break;
        }

        return schema.Append('}').ToString();
    }

    private string Array(int depth)
    {
        int min = _random.Next(3);
        string counts = _random.Next(2) == 0 ? "" : $",\"minItems\":{min},\"maxItems\":{min + _random.Next(4)}";
        return _random.Next(4) == 0
            ? $$"""{"type":"array","prefixItems":[{{Any(0)}},{{Any(0)}}],"items":{{Any(0)}}{{counts}}}"""
            : $$"""{"type":"array","items":{{Any(depth)}}{{counts}}}""";
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
