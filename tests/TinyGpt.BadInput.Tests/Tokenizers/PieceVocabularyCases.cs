using System.Buffers.Binary;
using TinyGpt.BadInput.Tests.Cases;
using static TinyGpt.BadInput.Tests.Tokenizers.SamplePieces;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>Version 2 of the binary vocabulary.</summary>
internal static class PieceVocabularyCases
{
    private const string NoCounts = "the vocabulary's counts make";
    private const string NoKind = "is not possible for kind";

    public static readonly InputFiles Valid = InputFiles.File("vocabulary", Bytes);

    public static readonly BadCase[] All =
    [
        new("a header of version 1", "its header alone 40", Raw(bytes => bytes[..24])),
        new("a header without an end", "its header alone 40", Raw(bytes => bytes[..39])),
        new("a header alone", NoCounts, Raw(bytes => bytes[..40])),
        new("a byte too few", NoCounts, Raw(bytes => bytes[..^1])),
        new("a byte too many", NoCounts, Raw(bytes => [.. bytes, 0])),
        new("version 1 with the same bytes", NoCounts, Number(4, 1)),
        new("version 4", "version 4 is", Number(4, 4)),
        new("a kind that there is not", NoKind, Byte(KindAt, 3)),
        new("bytes that are split like pieces", NoKind, Byte(KindAt, 0)),
        new("words that are not split", NoKind, Byte(KindAt, 2)),
        new("pieces that are split by a pattern", NoKind, Byte(KindAt + 1, 2)),
        new("a splitting that there is not", NoKind, Byte(KindAt + 1, 255)),
        new("pieces in lower case", NoKind, Byte(KindAt + 2, 16)),
        new("a normalization that there is not", NoKind, Byte(KindAt + 2, 128)),
        new("a prefix space that there is not", "prefix space 3 is unknown", Byte(KindAt + 3, 3)),
        new("an unknown flag", "unknown flags: 27", Number(FlagsAt, 1 | 2 | 8 | 16)),
        new("all flags", "unknown flags", Number(FlagsAt, uint.MaxValue)),
        new("whole pieces first", "only byte-level", Number(FlagsAt, 1 | 2 | 4 | 8)),
        new("scores that the flags do not tell of", NoCounts, Number(FlagsAt, 2 | 8)),
        new("byte tokens that the flags do not tell of", NoCounts, Number(FlagsAt, 1 | 8)),
        new("neither scores nor byte tokens, but their bytes", NoCounts, Number(FlagsAt, 8)),
        new("a begin of text that does not exist", "the begin-of-text token has id 5", Number(BeginAt, 5)),
        new("a begin of text below zero", "the begin-of-text token has id 4294967294", Number(BeginAt, uint.MaxValue - 1)),
        new("an unknown token that does not exist", "the unknown token has id 2147483647", Number(UnknownAt, int.MaxValue)),
        new("no unknown token and not all bytes", "neither an unknown token nor one for each byte", Number(UnknownAt, uint.MaxValue)),
        new("scores and a merge", NoCounts, Number(12, 1)),
        new("a million merges", NoCounts, Number(12, 1 << 20)),
        new("too many added tokens", "4097 special tokens", Number(16, 4097)),
        new("an added token that does not exist", "special token 0 has id 5", Number(AddedTokensAt, 5)),
        new("an added token with a trait of version 3", "unknown traits 8", Number(AddedTokensAt + 4, 8)),
        new("an added token with a trait that there is not", "unknown traits 16", Number(AddedTokensAt + 4, 16)),
        new("an added token with all traits", "unknown traits 255", Number(AddedTokensAt + 4, uint.MaxValue)),
        new("an added token that stands for a byte", "which is special", Number(AddedTokensAt, 4)),
        new("a score that is no number", "the score of token 2 is not finite", Number(ScoresAt + 8, 0x7FC00000)),
        new("an infinite score", "the score of token 4 is not finite", Number(ScoresAt + 16, 0xFF800000)),
        new("a byte token that does not exist", "byte 0x00 has token 5", Number(ByteTokensAt, 5)),
        new("a byte token of another byte", "byte 0x0B has token 4, whose bytes are others", Number(ByteTokensAt + (4 * 11), 4)),
        new("a byte token of two bytes", "byte 0x20 has token 3, whose bytes are others", Number(ByteTokensAt + (4 * 32), 3)),
        new("two pieces of the same bytes", "tokens 1 and 2 have the same bytes", Byte(BlobAt + 6, (byte)' ')),
        new("a piece that is also a byte", "", Byte(BlobAt + 6, (byte)'\n')) { Expected = Victim.LoadResult.Loaded },
    ];

    private static Func<InputFiles> Raw(Func<byte[], byte[]> change) => () => InputFiles.File("vocabulary", change((byte[])Bytes.Clone()));

    private static Func<InputFiles> Byte(int at, byte value) => Raw(bytes =>
    {
        bytes[at] = value;
        return bytes;
    });

    private static Func<InputFiles> Number(int at, uint value) => Raw(bytes =>
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    });
}
