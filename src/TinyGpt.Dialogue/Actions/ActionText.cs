using System.Text;
using System.Text.Json;

namespace TinyGpt.Dialogue.Actions;

/// <summary>Actions as JSON text, for saves.</summary>
internal static class ActionText
{
    private const string Name = "name";
    private const string Arguments = "arguments";
    private const string OneOf = "oneOf";
    private const string Min = "min";
    private const string Max = "max";

    public static string Write(ReadOnlySpan<CharacterAction> actions)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
        {
            json.WriteStartArray();
            foreach (CharacterAction action in actions)
            {
                json.WriteStartObject();
                json.WriteString(Name, action.Name);
                json.WriteStartArray(Arguments);
                foreach (ActionArgument argument in action.Arguments)
                {
                    Write(json, argument);
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <exception cref="ArgumentException">The text is no list of actions.</exception>
    public static CharacterAction[] Read(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return [.. document.RootElement.EnumerateArray().Select(ReadAction)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new ArgumentException($"The text is no list of actions: {exception.Message}", nameof(text), exception);
        }
    }

    private static void Write(Utf8JsonWriter json, ActionArgument argument)
    {
        json.WriteStartObject();
        json.WriteString(Name, argument.Name);
        if (argument.Kind == ActionArgumentKind.Number)
        {
            json.WriteNumber(Min, argument.Min);
            json.WriteNumber(Max, argument.Max);
        }
        else if (argument.Kind == ActionArgumentKind.Text)
        {
            json.WriteStartArray(OneOf);
            foreach (string text in argument.Texts)
            {
                json.WriteStringValue(text);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static CharacterAction ReadAction(JsonElement json) =>
        new(json.GetProperty(Name).GetString()!, [.. json.GetProperty(Arguments).EnumerateArray().Select(ReadArgument)]);

    private static ActionArgument ReadArgument(JsonElement json)
    {
        string name = json.GetProperty(Name).GetString()!;
        return json.TryGetProperty(Min, out JsonElement min) ? ActionArgument.Number(name, min.GetInt64(), json.GetProperty(Max).GetInt64())
            : json.TryGetProperty(OneOf, out JsonElement texts)
                ? ActionArgument.OneOf(name, [.. texts.EnumerateArray().Select(text => text.GetString()!)])
            : ActionArgument.Boolean(name);
    }
}
