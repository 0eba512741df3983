using TinyGpt.BadInput.Tests.Cases;
using TinyGpt.BadInput.Victim;
using static TinyGpt.BadInput.Tests.Tgpt.TgptDamage;

namespace TinyGpt.BadInput.Tests.Tgpt;

/// <summary>The first 64 bytes and the file's length.</summary>
internal static class TgptHeaderCases
{
    private const int VersionAt = 4;
    private const int MetadataAt = 8;
    private const int MetadataLengthAt = TgptDraft.MetadataLengthAt;
    private const int FileLengthAt = TgptDraft.FileLengthAt;
    private const string NoLength = "of metadata are not in";
    private const string NoFileLength = "is not in";

    public static readonly BadCase[] All =
    [
        new("an empty file", "too short", Bytes(_ => [])),
        new("one byte", "too short", Bytes(image => image[..1])),
        new("the header less a byte", "too short", Bytes(image => image[..63])),
        new("the header alone", "cut short", Bytes(image => image[..64])),
        new("the header and half the metadata", "cut short", Bytes(image => image[..2000])),
        new("all but the last byte", "cut short", Bytes(image => image[..^1])),
        new("a byte too many", "too many", Bytes(image => [.. image, 0])) { OnlyWays = WithLength },
        new("two files one after the other", "too many", Bytes(image => [.. image, .. image])) { OnlyWays = WithLength },
        new("all zeros", "does not start with 'TGPT'", Bytes(image => new byte[image.Length])),
        new("magic in lower case", "does not start with 'TGPT'", Bytes(image => [.. "tgpt"u8, .. image[4..]])),
        new("magic of another format", "does not start with 'TGPT'", Bytes(image => [.. "GGUF"u8, .. image[4..]])),
        new("magic after a byte order mark", "does not start with 'TGPT'", Bytes(image => [0xEF, 0xBB, 0xBF, .. image])),
        new("version 0", "version 0 of", Bytes(image => With(image, VersionAt, 0))),
        new("version 2 over metadata of version 1", "the header says version 2", Bytes(image => With(image, VersionAt, 2))),
        new("version 4", "version 4 of", Bytes(image => With(image, VersionAt, 4))),
        new("version 3 where the metadata says 1", "has format 1", Bytes(image => With(image, VersionAt, 3))),
        new("version 1 in the other byte order", "version 16777216", Bytes(image => [.. image[..4], 0, 0, 0, 1, .. image[8..]])),
        new("the highest version", "version 4294967295", Bytes(image => [.. image[..4], 255, 255, 255, 255, .. image[8..]])),
        new("metadata at byte 0", "must start at byte 64", Header(MetadataAt, 0)),
        new("metadata at byte 63", "must start at byte 64", Header(MetadataAt, 63)),
        new("metadata at an offset that is negative if signed", "must start at byte 64", Header(MetadataAt, 1UL << 63)),
        new("metadata at the last offset there is", "must start at byte 64", Header(MetadataAt, ulong.MaxValue)),
        new("no metadata", NoLength, Header(MetadataLengthAt, 0)),
        new("a byte more metadata than is allowed", NoLength, Header(MetadataLengthAt, (16 << 20) + 1)),
        new("metadata whose length is 0 in 32 bits", NoLength, Header(MetadataLengthAt, 1UL << 32)),
        new("metadata of a length that is negative if signed", NoLength, Header(MetadataLengthAt, 1UL << 63)),
        new("metadata whose length and header overflow together", NoLength, Header(MetadataLengthAt, ulong.MaxValue - 63)),
        new("metadata that ends after the file", NoFileLength, Header(MetadataLengthAt, 16 << 20)),
        new("metadata a byte longer than what was hashed", "its SHA-256 is not the header's", Bytes(image => Longer(image, 1))),
        new("metadata a byte shorter than what was hashed", "its SHA-256 is not the header's", Bytes(image => Longer(image, -1))),
        new("a file of no length", NoFileLength, Header(FileLengthAt, 0)),
        new("a file that ends in its metadata", NoFileLength, Header(FileLengthAt, 128)),
        new("a file that is said to be a byte shorter", "too many", Bytes(image => Longer(image, -1, FileLengthAt))) { OnlyWays = WithLength },
        new("a stream that is said to be 64 bytes shorter", "of a file of", Bytes(image => Longer(image, -64, FileLengthAt)))
        {
            OnlyWays = [Ways.TgptStream],
        },
        new("a file that is said to be a byte longer", "cut short", Bytes(image => Longer(image, 1, FileLengthAt))) { OnlyWays = WithLength },
        new("a file that is said to have a terabyte", "cut short", Header(FileLengthAt, 1UL << 40)) { OnlyWays = WithLength },
        new("a stream that is said to have the most there is", "ends at byte", Header(FileLengthAt, 1UL << 50)) { OnlyWays = [Ways.TgptStream] },
        new("a file longer than is allowed", NoFileLength, Header(FileLengthAt, (1UL << 50) + 1)),
        new("a file of a length that is negative if signed", NoFileLength, Header(FileLengthAt, 1UL << 63)),
        new("a file of the greatest length there is", NoFileLength, Header(FileLengthAt, ulong.MaxValue)),
        new("no hash", "its SHA-256 is not the header's", Bytes(image => Zero(image, TgptDraft.HashAt, 32))),
        new("the last bit of the hash", "its SHA-256 is not the header's", Bytes(image => With(image, 63, (byte)(image[63] ^ 1)))),
        new("another letter in the metadata", "its SHA-256 is not the header's", Bytes(image => With(image, 66, (byte)'F'))),
        new("another character in the metadata's spaces", "its SHA-256 is not the header's", Bytes(InSpaces)),
    ];

    private static byte[] With(byte[] image, int at, byte value)
    {
        image[at] = value;
        return image;
    }

    private static byte[] Zero(byte[] image, int at, int count)
    {
        image.AsSpan(at, count).Clear();
        return image;
    }

    private static byte[] Longer(byte[] image, int by, int at = MetadataLengthAt)
    {
        BitConverter.TryWriteBytes(image.AsSpan(at), BitConverter.ToInt64(image, at) + by);
        return image;
    }

    private static byte[] InSpaces(byte[] image) => With(image, 64 + (int)BitConverter.ToInt64(image, MetadataLengthAt) - 1, (byte)'\t');
}
