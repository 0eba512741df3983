using System.Text;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>A tensor of a draft.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The number of its type.</param>
/// <param name="Sizes">Its dimensions, columns first.</param>
/// <param name="Data">Its bytes.</param>
internal sealed record GgufDraftTensor(string Name, uint Type, ulong[] Sizes, byte[] Data)
{
    /// <summary>Where the header says that it starts; by default after the previous one, aligned.</summary>
    public ulong? Offset { get; init; }
}

/// <summary>Writes GGUF files, right ones and wrong ones.</summary>
internal sealed class GgufDraft
{
    public const uint F32 = 0;
    public const uint F16 = 1;
    public const uint Q80 = 8;

    private readonly List<(string Key, byte[] Value)> _entries = [];

    /// <summary>The first bytes.</summary>
    public byte[] Magic { get; set; } = "GGUF"u8.ToArray();

    public uint Version { get; set; } = 3;

    /// <summary>What the header says of tensors, where that is not how many there are.</summary>
    public ulong? TensorCount { get; set; }

    /// <summary>What the header says of metadata entries, where that is not how many there are.</summary>
    public ulong? EntryCount { get; set; }

    /// <summary>What tensors are aligned to; it is not written into the metadata.</summary>
    public int Alignment { get; set; } = 32;

    public List<GgufDraftTensor> Tensors { get; } = [];

    public GgufDraft Text(string key, string value) => Set(key, 8, Bytes(value));

    public GgufDraft UInt32(string key, uint value) => Set(key, 4, BitConverter.GetBytes(value));

    public GgufDraft Float32(string key, float value) => Set(key, 6, BitConverter.GetBytes(value));

    public GgufDraft Bool(string key, bool value) => Set(key, 7, [value ? (byte)1 : (byte)0]);

    public GgufDraft Texts(string key, params string[] values) => Array(key, 8, values.Length, [.. values.SelectMany(Bytes)]);

    public GgufDraft Float32s(string key, params float[] values) => Array(key, 6, values.Length, [.. values.SelectMany(BitConverter.GetBytes)]);

    public GgufDraft Int32s(string key, params int[] values) => Array(key, 5, values.Length, [.. values.SelectMany(BitConverter.GetBytes)]);

    /// <summary>An array with whatever number of elements it says that it has.</summary>
    public GgufDraft Array(string key, uint elementType, long count, byte[] elements) =>
        Set(key, 9, [.. BitConverter.GetBytes(elementType), .. BitConverter.GetBytes(count), .. elements]);

    /// <summary>A value of any type, in place of the one that the key has.</summary>
    public GgufDraft Set(string key, uint type, byte[] value)
    {
        (string, byte[]) entry = (key, [.. BitConverter.GetBytes(type), .. value]);
        int index = _entries.FindIndex(old => old.Key == key);
        if (index < 0)
        {
            _entries.Add(entry);
        }
        else
        {
            _entries[index] = entry;
        }

        return this;
    }

    public GgufDraft Remove(string key)
    {
        _entries.RemoveAll(entry => entry.Key == key);
        return this;
    }

    /// <summary>The last entry once more.</summary>
    public GgufDraft RepeatEntry()
    {
        _entries.Add(_entries[^1]);
        return this;
    }

    public GgufDraft Tensor(string name, float[] values, params ulong[] sizes) =>
        Tensor(name, F32, [.. values.SelectMany(BitConverter.GetBytes)], sizes);

    public GgufDraft Tensor(string name, uint type, byte[] data, params ulong[] sizes)
    {
        Tensors.Add(new GgufDraftTensor(name, type, sizes, data));
        return this;
    }

    /// <summary>Puts another tensor into the place of the one with a name.</summary>
    public GgufDraft Change(string name, Func<GgufDraftTensor, GgufDraftTensor> change)
    {
        int index = Tensors.FindIndex(tensor => tensor.Name == name);
        Tensors[index] = change(Tensors[index]);
        return this;
    }

    public byte[] Build()
    {
        using MemoryStream header = new();
        using MemoryStream data = new();
        header.Write(Magic);
        header.Write(BitConverter.GetBytes(Version));
        header.Write(BitConverter.GetBytes(TensorCount ?? (ulong)Tensors.Count));
        header.Write(BitConverter.GetBytes(EntryCount ?? (ulong)_entries.Count));
        foreach ((string key, byte[] value) in _entries)
        {
            header.Write(Bytes(key));
            header.Write(value);
        }

        foreach (GgufDraftTensor tensor in Tensors)
        {
            Pad(data);
            header.Write(Bytes(tensor.Name));
            header.Write(BitConverter.GetBytes((uint)tensor.Sizes.Length));
            foreach (ulong size in tensor.Sizes)
            {
                header.Write(BitConverter.GetBytes(size));
            }

            header.Write(BitConverter.GetBytes(tensor.Type));
            header.Write(BitConverter.GetBytes(tensor.Offset ?? (ulong)data.Length));
            data.Write(tensor.Data);
        }

        Pad(header);
        return [.. header.ToArray(), .. data.ToArray()];
    }

    private static byte[] Bytes(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return [.. BitConverter.GetBytes((long)bytes.Length), .. bytes];
    }

    private void Pad(MemoryStream stream)
    {
        while (stream.Length % Alignment != 0)
        {
            stream.WriteByte(0);
        }
    }
}
