namespace TinyGpt.Snapshots;

/// <summary>Writes or reads, and hashes the data. Leaves the stream open.</summary>
internal sealed class HashedStream(Stream stream)
{
    private readonly Sha256 _hash = new();

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.Append(bytes);
    }

    /// <summary>Writes the hash of everything written.</summary>
    public void WriteHash() => stream.Write(_hash.Finish());

    /// <exception cref="EndOfStreamException">The stream is shorter.</exception>
    public void ReadExactly(Span<byte> bytes)
    {
        stream.ReadExactly(bytes);
        _hash.Append(bytes);
    }

    /// <summary>Reads a hash.</summary>
    /// <returns>Whether it is that of everything read.</returns>
    public bool HashFollows()
    {
        Span<byte> expected = stackalloc byte[Sha256.DigestLength];
        stream.ReadExactly(expected);
        return expected.SequenceEqual(_hash.Finish());
    }
}
