using System.Text.Json;

namespace TinyGpt.Training;

/// <summary>Reads one line of a <c>.jsonl</c> file: a document.</summary>
internal static class JsonDocumentLine
{
    /// <summary>Reads the line's text, what of it is trained, and its label.</summary>
    /// <param name="line">The line, without its break.</param>
    /// <param name="file">The file that errors name.</param>
    /// <param name="number">The line's number, from 1.</param>
    /// <param name="target">Takes the text.</param>
    /// <exception cref="TrainingDataException">The line is not such a document.</exception>
    public static void Read(ReadOnlySpan<byte> line, string file, int number, SourceText target)
    {
        try
        {
            Utf8JsonReader reader = new(line);
            if (!ReadDocument(ref reader, target))
            {
                throw new TrainingDataException(
                    file,
                    "a line has to be an object with either a \"text\" or "
                    + "\"segments\": [{\"text\": …, \"train\": …}, …]; a \"label\" is a text",
                    number);
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a text with half a surrogate pair.
            throw new TrainingDataException(file, $"not valid JSON: {exception.Message}", number);
        }
    }

    private static bool ReadDocument(ref Utf8JsonReader reader, SourceText target)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        int contents = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("text"u8))
            {
                contents++;
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                {
                    return false;
                }

                AppendText(ref reader, target, isTrained: true);
            }
            else if (reader.ValueTextEquals("segments"u8))
            {
                contents++;
                if (!ReadSegments(ref reader, target))
                {
                    return false;
                }
            }
            else if (reader.ValueTextEquals("label"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                {
                    return false;
                }

                target.Label = reader.GetString();
            }
            else
            {
                reader.Skip();
            }
        }

        return contents == 1 && reader.TokenType == JsonTokenType.EndObject && !reader.Read();
    }

    private static bool ReadSegments(ref Utf8JsonReader reader, SourceText target)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            if (!ReadSegment(ref reader, target))
            {
                return false;
            }
        }

        return reader.TokenType == JsonTokenType.EndArray;
    }

    private static bool ReadSegment(ref Utf8JsonReader reader, SourceText target)
    {
        Utf8JsonReader text = default;
        bool? isTrained = null;
        bool hasText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("text"u8))
            {
                reader.Read();
                hasText = reader.TokenType == JsonTokenType.String;
                text = reader;
            }
            else if (reader.ValueTextEquals("train"u8))
            {
                reader.Read();
                isTrained = reader.TokenType is JsonTokenType.True or JsonTokenType.False ? reader.GetBoolean() : null;
            }
            else
            {
                reader.Skip();
            }
        }

        if (!hasText || isTrained is null)
        {
            return false;
        }

        AppendText(ref text, target, isTrained.Value);
        return true;
    }

    private static void AppendText(ref Utf8JsonReader reader, SourceText target, bool isTrained)
    {
        // Unescaped it is never longer than escaped.
        int written = reader.CopyString(target.Reserve(reader.ValueSpan.Length));
        target.Append(written, isTrained);
    }
}
