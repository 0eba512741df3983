using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Import.Tests;

/// <summary>Writes safetensors files, right ones and wrong ones.</summary>
internal sealed class SafetensorsBuilder
{
    private readonly List<string> _entries = [];
    private readonly List<byte> _data = [];

    public SafetensorsBuilder Add(string name, float[] values, params long[] shape) =>
        Add(name, "F32", MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), shape);

    public SafetensorsBuilder Add(string name, string type, byte[] data, params long[] shape)
    {
        long start = _data.Count;
        _data.AddRange(data);
        return AddEntry($"\"{name}\":{{\"dtype\":\"{type}\",\"shape\":[{string.Join(',', shape)}],\"data_offsets\":[{start},{_data.Count}]}}");
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
        _data.AddRange(new byte[bytes]);
        return this;
    }

    public byte[] Build()
    {
        byte[] json = Encoding.UTF8.GetBytes("{" + string.Join(',', _entries) + "}");
        byte[] length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. _data];
    }
}
