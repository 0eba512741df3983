using System.Security.Cryptography;

namespace TinyGpt.Snapshots;

/// <summary>Writes or reads, and hashes what passes. Leaves the stream open.</summary>
internal sealed class HashedStream(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.AppendData(bytes);
    }

    /// <summary>Writes the hash of everything written.</summary>
    public void WriteHash() => stream.Write(_hash.GetHashAndReset());

    /// <exception cref="EndOfStreamException">The stream is shorter.</exception>
    public void ReadExactly(Span<byte> bytes)
    {
        stream.ReadExactly(bytes);
        _hash.AppendData(bytes);
    }

    /// <summary>Reads a hash.</summary>
    /// <returns>Whether it is that of everything read.</returns>
    public bool HashFollows()
    {
        Span<byte> expected = stackalloc byte[SHA256.HashSizeInBytes];
        stream.ReadExactly(expected);
        return expected.SequenceEqual(_hash.GetHashAndReset());
    }

    public void Dispose() => _hash.Dispose();
}
