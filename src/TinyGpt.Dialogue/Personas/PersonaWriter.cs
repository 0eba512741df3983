using System.Text.Encodings.Web;
using System.Text.Json;

namespace TinyGpt.Dialogue.Personas;

/// <summary>Writes personas as JSON.</summary>
internal static class PersonaWriter
{
    // The text is for people and for this library, never for HTML.
    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Persona persona, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, Readable);
        json.WriteStartObject();
        json.WriteString("name", persona.Name);
        if (persona.Mood.Length > 0)
        {
            json.WriteString("mood", persona.Mood);
        }

        json.WriteStartObject("facts");
        foreach (PersonaFact fact in persona.Facts)
        {
            json.WriteString(fact.Key, fact.Value);
        }

        json.WriteEndObject();
        WriteTexts(json, "style", persona.Style);
        json.WriteStartArray("examples");
        foreach (PersonaExample example in persona.Examples)
        {
            json.WriteStartObject();
            json.WriteString("hears", example.Hears);
            json.WriteString("says", example.Says);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        SamplingOptions sampling = persona.Sampling;
        json.WriteStartObject("sampling");
        json.WriteNumber("temperature", sampling.Temperature);
        json.WriteNumber("topK", sampling.TopK);
        json.WriteNumber("topP", sampling.TopP);
        json.WriteNumber("minP", sampling.MinP);
        json.WriteNumber("repetitionPenalty", sampling.RepetitionPenalty);
        json.WriteNumber("presencePenalty", sampling.PresencePenalty);
        json.WriteNumber("frequencyPenalty", sampling.FrequencyPenalty);
        json.WriteEndObject();
        json.WriteNumber("maxAnswerTokens", persona.MaxAnswerTokens);
        WriteTexts(json, "stops", persona.Stops);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
