using System.Text.Json;

namespace TinyGpt.Format;

/// <summary>Content of a file other than tensors and tokenizer, in a separate chunk.</summary>
/// <param name="Kind">One of <see cref="Kinds"/>.</param>
/// <param name="Chunk">The index of its chunk.</param>
internal readonly record struct TgptPart(string Kind, int Chunk)
{
    /// <summary>The weights that tell texts apart: <see cref="ClassifierFormat"/>.</summary>
    internal const string Classifier = "classifier";

    /// <summary>The longest chunk of a part, in bytes.</summary>
    internal const int LongestChunk = 256 << 20;

    /// <summary>Kinds that this version reads, in the order of the file.</summary>
    internal static readonly string[] Kinds = [Classifier];

    /// <summary>Writes the object of a part, whose chunk has the name of its kind.</summary>
    internal static void Write(Utf8JsonWriter json, string kind)
    {
        json.WriteStartObject();
        json.WriteString("kind", kind);
        json.WriteString("chunk", kind);
        json.WriteEndObject();
    }
}
