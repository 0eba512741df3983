using System.Globalization;
using System.Text.Json;

namespace TinyGpt.Cli.Output;

/// <summary>Tensors and their chunks, as reports show them.</summary>
internal static class TensorText
{
    public static string Kind(TensorShape shape) => shape.Kind switch
    {
        TensorKind.Panels => "int8",
        TensorKind.Int4Panels => "int4",
        _ => "float32",
    };

    public static string Size(TensorShape shape) => $"{shape.Rows} × {shape.Columns}";

    public static string Codec(TgptChunk chunk) => chunk.Codec == TgptCodec.Raw ? "raw" : "lz4";

    public static string Percent(double value) => value.ToString("0.000 %", CultureInfo.InvariantCulture);

    public static string Small(double value) => value.ToString("0.00e0", CultureInfo.InvariantCulture);

    /// <summary>Writes the properties of one tensor.</summary>
    public static void WriteJson(Utf8JsonWriter json, TensorShape shape, TgptChunk chunk)
    {
        json.WriteString("name", shape.Name);
        json.WriteString("kind", Kind(shape));
        json.WriteNumber("rows", shape.Rows);
        json.WriteNumber("columns", shape.Columns);
        WriteJson(json, chunk);
    }

    /// <summary>Writes how and where a chunk is stored.</summary>
    public static void WriteJson(Utf8JsonWriter json, TgptChunk chunk)
    {
        json.WriteString("codec", Codec(chunk));
        json.WriteNumber("offset", chunk.Offset);
        json.WriteNumber("storedBytes", chunk.StoredLength);
        json.WriteNumber("bytes", chunk.Length);
        json.WriteString("sha256", Convert.ToHexStringLower(chunk.Sha256.Span));
    }
}
