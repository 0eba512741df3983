using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using TinyGpt.BadInput.Tests.Cases;

namespace TinyGpt.BadInput.Tests.Safetensors;

/// <summary>Writes safetensors files, most of them wrong.</summary>
internal static class SafetensorsDraft
{
    public const string Name = "model.safetensors";

    /// <summary>Data bytes after the headers of <see cref="Entries"/>.</summary>
    public const int DataBytes = 16;

    private const int LengthBytes = 8;

    /// <summary>A file of a header and data, and the length that belongs to them.</summary>
    public static byte[] File(byte[] header, byte[] data)
    {
        byte[] length = new byte[LengthBytes];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>A file whose header is this text, with 16 bytes of data.</summary>
    public static Func<InputFiles> Header(string text) => HeaderBytes(() => Encoding.UTF8.GetBytes(text));

    public static Func<InputFiles> HeaderBytes(Func<byte[]> header) => () => InputFiles.File(Name, File(header(), new byte[DataBytes]));

    /// <summary>A file whose header has these entries.</summary>
    public static Func<InputFiles> Entries(params string[] entries) => Header($"{{{string.Join(',', entries)}}}");

    /// <summary>One entry of a header; shape and offsets are JSON.</summary>
    public static string Entry(string name, string shape, string offsets, string type = "F32") =>
        $$"""{{JsonValue.Create(name).ToJsonString()}}:{"dtype":"{{type}}","shape":{{shape}},"data_offsets":{{offsets}}}""";

    /// <summary>A file of whole tensors of float32.</summary>
    public static byte[] Tensors(IEnumerable<(string Name, long[] Shape, float[] Values)> tensors)
    {
        List<string> entries = [];
        using MemoryStream data = new();
        foreach ((string name, long[] shape, float[] values) in tensors)
        {
            long start = data.Length;
            data.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
            entries.Add(Entry(name, $"[{string.Join(',', shape)}]", $"[{start},{data.Length}]"));
        }

        return File(Encoding.UTF8.GetBytes($"{{{string.Join(',', entries)}}}"), data.ToArray());
    }
}
