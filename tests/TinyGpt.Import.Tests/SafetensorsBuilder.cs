using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Import.Tests;

/// <summary>Writes safetensors files, right ones and wrong ones.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<string> _entries = [];
    private readonly MemoryStream _data = new();

    public SafetensorsBuilder Add(string name, float[] values, params long[] shape) =>
        Add(name, "F32", MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);

    public SafetensorsBuilder Add(string name, string type, byte[] data, params long[] shape)
    {
        long start = _data.Length;
        _data.Write(data);
        return AddEntry($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{start},{_data.Length}]}}");
    }

    /// <summary>A header entry as it is, without data.</summary>
    public SafetensorsBuilder AddEntry(string json)
    {
        _entries.Add(json);
        return this;
    }

    /// <summary>Data that no entry speaks of yet.</summary>
    public SafetensorsBuilder AddData(int bytes)
    {
        _data.Write(new byte[bytes]);
        return this;
    }

    public byte[] Build() => Build("{" + string.Join(',', _entries) + "}", _data.ToArray());

    public static byte[] Build(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] file = new byte[8 + json.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, json.Length);
        json.CopyTo(file, 8);
        data.CopyTo(file, 8 + json.Length);
        return file;
    }
}
