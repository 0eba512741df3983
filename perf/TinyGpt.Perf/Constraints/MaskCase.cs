using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace TinyGpt.Perf;

/// <summary>An instance of a schema.</summary>
/// <param name="IsValid">Whether the schema allows it.</param>
/// <param name="Text">It as JSON with ", " and ": " between its parts.</param>
internal sealed record MaskInstance(bool IsValid, string Text);

/// <summary>A schema with instances.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Schema">The schema's JSON as UTF-8.</param>
/// <param name="Instances">What it allows and what it does not.</param>
internal sealed record MaskCase(string Name, byte[] Schema, List<MaskInstance> Instances)
{
    /// <summary>Reads a file with a case in each line.</summary>
    public static List<MaskCase> Read(string file)
    {
        List<MaskCase> cases = [];
        foreach (string line in File.ReadLines(file))
        {
            using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 1024 });
            JsonElement root = document.RootElement;
            List<MaskInstance> instances = [];
            foreach (JsonElement test in root.GetProperty("tests").EnumerateArray())
            {
                StringBuilder text = new();
                Write(test.GetProperty("data"), text);
                instances.Add(new MaskInstance(test.GetProperty("valid").GetBoolean(), text.ToString()));
            }

            cases.Add(new MaskCase(
                root.GetProperty("name").GetString() ?? "", Encoding.UTF8.GetBytes(root.GetProperty("schema").GetRawText()), instances));
        }

        return cases;
    }

    private static void Write(JsonElement value, StringBuilder text)
    {
        bool first = true;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    Write(property.Name, text);
                    text.Append(": ");
                    Write(property.Value, text);
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement item in value.EnumerateArray())
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    Write(item, text);
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                Write(value.GetString()!, text);
                break;
            default:
                text.Append(value.GetRawText());
                break;
        }
    }

    private static void Write(string value, StringBuilder text)
    {
        text.Append('"');
        foreach (char c in value)
        {
            switch (c)
            {
                case '"' or '\\':
                    text.Append('\\').Append(c);
                    break;
                case '\n':
                    text.Append("\\n");
                    break;
                case '\r':
                    text.Append("\\r");
                    break;
                case '\t':
                    text.Append("\\t");
                    break;
                case '\b':
                    text.Append("\\b");
                    break;
                case '\f':
                    text.Append("\\f");
                    break;
                case < ' ':
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                    break;
                default:
                    text.Append(c);
                    break;
            }
        }

        text.Append('"');
    }
}

/// <summary>Serializes what failures quote.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class MaskJson : JsonSerializerContext;
