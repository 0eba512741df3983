using System.Security.Cryptography;
using K4os.Compression.LZ4;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>A chunk of a file that is being made.</summary>
internal sealed class DraftChunk(string name, byte[] content)
{
    public string Name => name;

    /// <summary>As the metadata calls it.</summary>
    public string Codec { get; private set; } = "raw";

    /// <summary>The bytes in the file.</summary>
    public byte[] Stored { get; private set; } = content;

    /// <summary>The length that the metadata claims for the content.</summary>
    public long Length { get; private set; } = content.Length;

    /// <summary>The hash that the metadata claims for the content.</summary>
    public byte[] Sha256 { get; private set; } = SHA256.HashData(content);

    public DraftChunk Copy() => (DraftChunk)MemberwiseClone();

    /// <summary>Other content, stored raw, with the hash and length that belong to it.</summary>
    public void SetRaw(byte[] content)
    {
        Codec = "raw";
        Stored = content;
        Length = content.Length;
        Sha256 = SHA256.HashData(content);
    }

    /// <summary>Changes bytes of raw content and makes the hash right again.</summary>
    public void Change(Action<byte[]> change)
    {
        byte[] content = (byte[])Stored.Clone();
        change(content);
        SetRaw(content);
    }

    /// <summary>Changes bytes and leaves the hash wrong.</summary>
    public void Spoil(Action<byte[]> change)
    {
        Stored = (byte[])Stored.Clone();
        change(Stored);
    }

    /// <summary>Stores a block of LZ4 that claims to be some content.</summary>
    public void SetBlock(byte[] block, long length, byte[] content)
    {
        Codec = "lz4";
        Stored = block;
        Length = length;
        Sha256 = SHA256.HashData(content);
    }

    /// <summary>Compresses the content as it is.</summary>
    public void Compress()
    {
        byte[] content = Stored;
        byte[] block = new byte[LZ4Codec.MaximumOutputSize(content.Length)];
        SetBlock(block[..LZ4Codec.Encode(content, block)], content.Length, content);
    }
}
