using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace TinyGpt.Training;

/// <summary>Writes float32 tensors as a safetensors file. Stateless and thread-safe.</summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8; // of the data, as the format's own library writes it

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to, at its position.</param>
    /// <param name="parameters">The tensors.</param>
    public static void Write(Stream stream, IReadOnlyList<NamedParameter> parameters)
    {
        byte[] header = Header(parameters);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (NamedParameter parameter in parameters)
        {
            stream.Write(MemoryMarshal.AsBytes(parameter.Values));
        }
    }

    private static byte[] Header(IReadOnlyList<NamedParameter> parameters)
    {
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt"); // the library that checkpoints come from refuses a file that does not say so
            json.WriteEndObject();
            long offset = 0;
            foreach (NamedParameter parameter in parameters)
            {
                json.WriteStartObject(parameter.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int size in parameter.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += (long)parameter.Count * sizeof(float);
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % Alignment != 0)
        {
            header.WriteByte((byte)' ');
        }

        return header.ToArray();
    }
}
