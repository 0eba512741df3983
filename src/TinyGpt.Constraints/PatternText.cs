using System.Text;
using System.Text.Json;

namespace TinyGpt.Constraints;

/// <summary>Patterns as JSON text, so that saves can hold them.</summary>
internal static class PatternText
{
    public const string Text = "text";
    public const string Schema = "schema";
    public const string IsCompact = "isCompact";
    public const string IsAnyOrder = "isAnyOrder";
    public const string Regex = "regex";
    public const string Gbnf = "gbnf";
    public const string Root = "root";
    public const string OneOf = "oneOf";
    public const string Sequence = "sequence";
    public const string Repeated = "repeated";
    public const string Min = "min";
    public const string Max = "max";
    public const string Separator = "separator";

    private const int MaxDepth = 512;

    public static string Write(Pattern pattern)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartObject();
            pattern.Write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <exception cref="ConstraintException">The text is no pattern.</exception>
    public static Pattern Read(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            throw new ConstraintException($"The text is no pattern: {exception.Message}", "", exception);
        }
    }

    private static Pattern Read(JsonElement json)
    {
        if (json.TryGetProperty(Text, out JsonElement text))
        {
            return Pattern.Text(text.GetString()!);
        }

        if (json.TryGetProperty(Schema, out JsonElement schema))
        {
            JsonSchemaOptions options = new()
            {
                IsCompact = json.GetProperty(IsCompact).GetBoolean(),
                PropertyOrder = json.GetProperty(IsAnyOrder).GetBoolean() ? PropertyOrder.Any : PropertyOrder.Schema,
            };
            return Pattern.Json(schema.GetString()!, options);
        }

        if (json.TryGetProperty(Regex, out JsonElement expression))
        {
            return Pattern.Regex(expression.GetString()!);
        }

        if (json.TryGetProperty(Gbnf, out JsonElement grammar))
        {
            return Pattern.Gbnf(grammar.GetString()!, json.GetProperty(Root).GetString()!);
        }

        if (json.TryGetProperty(OneOf, out JsonElement alternatives))
        {
            return Pattern.OneOf([.. alternatives.EnumerateArray().Select(Read)]);
        }

        if (json.TryGetProperty(Sequence, out JsonElement parts))
        {
            return Pattern.Sequence([.. parts.EnumerateArray().Select(Read)]);
        }

        int? max = json.TryGetProperty(Max, out JsonElement most) ? most.GetInt32() : null;
        return Read(json.GetProperty(Repeated)).Repeated(json.GetProperty(Min).GetInt32(), max, json.GetProperty(Separator).GetString()!);
    }
}
