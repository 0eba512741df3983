using System.Text.Encodings.Web;
using System.Text.Json;

namespace TinyGpt.Tavern.Corpus;

/// <summary>Talks as the trainer reads them: one JSON object a line.</summary>
internal static class TalkJson
{
    // The text stays readable, because it never goes into HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a talk in parts and the end of its line.</summary>
    public static void Write(Stream output, IReadOnlyList<TalkSegment> segments)
    {
        using (Utf8JsonWriter json = new(output, Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("segments");
            foreach (TalkSegment segment in segments)
            {
                json.WriteStartObject();
                json.WriteString("text", segment.Text);
                json.WriteBoolean("train", segment.Train);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
