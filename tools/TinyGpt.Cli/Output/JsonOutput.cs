using System.Text.Encodings.Web;
using System.Text.Json;

namespace TinyGpt.Cli.Output;

/// <summary>One JSON object on standard output, and a line feed.</summary>
internal static class JsonOutput
{
    // Nothing here is embedded in HTML, and text should be readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the object.</summary>
    /// <param name="writeProperties">Writes what is between the braces.</param>
    public static void Write(Action<Utf8JsonWriter> writeProperties)
    {
        // As a whole, so that a failure half-way leaves nothing on standard output.
        using MemoryStream content = new();
        using (Utf8JsonWriter writer = new(content, Options))
        {
            writer.WriteStartObject();
            writeProperties(writer);
            writer.WriteEndObject();
        }

        content.WriteByte((byte)'\n');
        using Stream output = Terminal.OpenOutput();
        content.WriteTo(output);
    }

    /// <summary>Writes an array of numbers as a property.</summary>
    public static void WriteNumbers(this Utf8JsonWriter writer, string name, ReadOnlySpan<int> numbers)
    {
        writer.WriteStartArray(name);
        foreach (int number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }
}
