using System.Buffers.Binary;

namespace TinyGpt.Format;

/// <summary>The first 64 bytes of a <c>.tgpt</c> file: magic, version, the metadata's offset and length, the file's length, the metadata's SHA-256.</summary>
/// <param name="Version">The lowest that can say what the file holds: <see cref="FirstVersion"/> … <see cref="PartsVersion"/>.</param>
/// <param name="MetadataLength">Bytes of metadata, which starts right after the header.</param>
/// <param name="FileLength">Bytes of the whole file.</param>
/// <param name="MetadataSha256">32 bytes.</param>
internal readonly record struct TgptHeader(int Version, long MetadataLength, long FileLength, ReadOnlyMemory<byte> MetadataSha256)
{
    public const int Length = 64;

    /// <summary>The version of files whose matrices are int8; what was written before 4-bit weights is this.</summary>
    public const int FirstVersion = 1;

    /// <summary>The version that has 4-bit weights.</summary>
    public const int Int4Version = 2;

    /// <summary>The version that has parts beside tensors and tokenizer, and several end tokens.</summary>
    public const int PartsVersion = 3;

    public const int LongestMetadata = 16 << 20;

    /// <summary>Far beyond any model, and far from where sums of offsets overflow.</summary>
    public const ulong LongestFile = 1UL << 50;

    private const int VersionAt = 4;
    private const int MetadataOffsetAt = 8;
    private const int MetadataLengthAt = 16;
    private const int FileLengthAt = 24;
    private const int MetadataSha256At = 32;

    private static ReadOnlySpan<byte> Magic => "TGPT"u8;

    /// <summary>Reads and checks a header.</summary>
    /// <param name="bytes">What there is of the file's first 64 bytes.</param>
    /// <param name="file">For errors.</param>
    /// <exception cref="ModelFormatException">It is no header of a version that is known, or contradicts itself.</exception>
    public static TgptHeader Read(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length < Length)
        {
            throw new ModelFormatException(file, $"too short for a .tgpt file: {bytes.Length} bytes, and the header alone has {Length}");
        }

        if (!bytes.StartsWith(Magic))
        {
            throw new ModelFormatException(file, "no .tgpt file: it does not start with 'TGPT'", 0);
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[VersionAt..]);
        if (version is < FirstVersion or > PartsVersion)
        {
            throw new ModelFormatException(
                file, $"version {version} of the .tgpt format is not supported (supported: {FirstVersion} … {PartsVersion})", VersionAt);
        }

        ulong metadataOffset = BinaryPrimitives.ReadUInt64LittleEndian(bytes[MetadataOffsetAt..]);
        if (metadataOffset != Length)
        {
            throw new ModelFormatException(file, $"the metadata must start at byte {Length}, and is said to start at {metadataOffset}", MetadataOffsetAt);
        }

        ulong metadataLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes[MetadataLengthAt..]);
        if (metadataLength is 0 or > LongestMetadata)
        {
            throw new ModelFormatException(file, $"{metadataLength} bytes of metadata are not in 1 … {LongestMetadata}", MetadataLengthAt);
        }

        ulong fileLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes[FileLengthAt..]);
        if (fileLength < Length + metadataLength || fileLength > LongestFile)
        {
            throw new ModelFormatException(file, $"a length of {fileLength} bytes is not in {Length + metadataLength} … {LongestFile}", FileLengthAt);
        }

        return new TgptHeader((int)version, (long)metadataLength, (long)fileLength, bytes.Slice(MetadataSha256At, Sha256.DigestLength).ToArray());
    }

    /// <summary>Writes the header.</summary>
    /// <param name="target">Takes <see cref="Length"/> bytes.</param>
    public void Write(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt32LittleEndian(target[VersionAt..], (uint)Version);
        BinaryPrimitives.WriteUInt64LittleEndian(target[MetadataOffsetAt..], Length);
        BinaryPrimitives.WriteUInt64LittleEndian(target[MetadataLengthAt..], (ulong)MetadataLength);
        BinaryPrimitives.WriteUInt64LittleEndian(target[FileLengthAt..], (ulong)FileLength);
        MetadataSha256.Span.CopyTo(target.Slice(MetadataSha256At, Sha256.DigestLength));
    }

    /// <summary>Checks what is known of the file's real length against the header.</summary>
    /// <param name="length">The real length in bytes.</param>
    /// <param name="file">For errors.</param>
    public void RequireFileLength(long length, string file)
    {
        if (length != FileLength)
        {
            throw new ModelFormatException(file, length < FileLength
                ? $"cut short: {length} bytes of {FileLength}"
                : $"{length - FileLength} bytes too many: it should have {FileLength}", FileLengthAt);
        }
    }

    /// <summary>Checks the metadata's SHA-256.</summary>
    public void RequireHashOf(ReadOnlySpan<byte> metadata, string file)
    {
        if (!MetadataSha256.Span.SequenceEqual(Sha256.Hash(metadata)))
        {
            throw new ModelFormatException(file, "the metadata is damaged: its SHA-256 is not the header's", Length);
        }
    }
}
