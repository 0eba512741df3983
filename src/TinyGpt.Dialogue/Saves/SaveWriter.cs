using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Dialogue.Saves;

/// <summary>Writes the values of a save, little-endian, and their hash at the end. Leaves the stream open.</summary>
internal sealed class SaveWriter(Stream stream)
{
    private readonly Sha256 _hash = new();

    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.Append(bytes);
    }

    public void Int32(int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        Bytes(bytes);
    }

    public void Int64(long value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        Bytes(bytes);
    }

    public void Boolean(bool value) => Int32(value ? 1 : 0);

    public void Single(float value) => Int32(BitConverter.SingleToInt32Bits(value));

    /// <summary>A length and that number of bytes.</summary>
    public void Block(ReadOnlySpan<byte> bytes)
    {
        Int32(bytes.Length);
        Bytes(bytes);
    }

    public void Text(string text) => Block(Encoding.UTF8.GetBytes(text));

    public void Ids(ReadOnlySpan<int> ids)
    {
        Int32(ids.Length);
        if (BitConverter.IsLittleEndian)
        {
            Bytes(MemoryMarshal.AsBytes(ids));
            return;
        }

        foreach (int id in ids)
        {
            Int32(id);
        }
    }

    /// <summary>Writes the hash of everything written.</summary>
    public void End() => stream.Write(_hash.Finish());
}
