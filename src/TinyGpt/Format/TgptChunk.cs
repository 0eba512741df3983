namespace TinyGpt;

/// <summary>How a chunk of a <c>.tgpt</c> file is stored.</summary>
public enum TgptCodec
{
    /// <summary>As it is held in memory; can be used in place.</summary>
    Raw,

    /// <summary>One LZ4 block.</summary>
    Lz4,
}

/// <summary>One chunk of a <c>.tgpt</c> file. Immutable.</summary>
/// <param name="Name">Unique in the file; a tensor's chunk has the tensor's name as a rule.</param>
/// <param name="Offset">The first byte in the file, a multiple of 64.</param>
/// <param name="Codec">How it is stored.</param>
/// <param name="StoredLength">Bytes in the file.</param>
/// <param name="Length">Bytes once decompressed; equal to <paramref name="StoredLength"/> where it is raw.</param>
/// <param name="Sha256">The SHA-256 of the decompressed bytes, 32 bytes.</param>
public sealed record TgptChunk(string Name, long Offset, TgptCodec Codec, long StoredLength, long Length, ReadOnlyMemory<byte> Sha256);
