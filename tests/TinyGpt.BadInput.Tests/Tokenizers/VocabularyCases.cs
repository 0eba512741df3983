using System.Buffers.Binary;
using TinyGpt.BadInput.Tests.Cases;
using static TinyGpt.BadInput.Tests.Tokenizers.SampleVocabulary;

namespace TinyGpt.BadInput.Tests.Tokenizers;

/// <summary>The binary vocabulary of a model file's tokenizer chunk.</summary>
internal static class VocabularyCases
{
    private const string NoCounts = "the vocabulary's counts make";
    private const string NoSum = "lengths add up to";

    public static readonly InputFiles Valid = InputFiles.File("vocabulary", Bytes);

    public static readonly BadCase[] All =
    [
        new("no bytes", "its header alone", Raw(_ => [])),
        new("half a header", "its header alone", Raw(bytes => bytes[..12])),
        new("a header alone", NoCounts, Raw(bytes => bytes[..24])),
        new("a byte too few", NoCounts, Raw(bytes => bytes[..^1])),
        new("a byte too many", NoCounts, Raw(bytes => [.. bytes, 0])),
        new("two one after the other", NoCounts, Raw(bytes => [.. bytes, .. bytes])),
        new("other magic", "not 'TGTV'", Number(0, 0x54475054)),
        new("version 0", "version 0 is", Number(4, 0)),
        new("the highest version", "version 4294967295 is", Number(4, uint.MaxValue)),
        new("no tokens", "0 tokens;", Number(TokenCountAt, 0)),
        new("a token more than it has", NoCounts, Number(TokenCountAt, 6)),
        new("a token more than are possible", "1048577 tokens;", Number(TokenCountAt, 1048577)),
        new("tokens below zero if signed", "2147483648 tokens;", Number(TokenCountAt, 0x80000000)),
        new("as many tokens as can be written", "4294967295 tokens;", Number(TokenCountAt, uint.MaxValue)),
        new("a merge less than it has", NoCounts, Number(MergeCountAt, 0)),
        new("a merge more than are possible", "1048577 merges;", Number(MergeCountAt, 1048577)),
        new("merges whose length is small in 32 bits", "merges;", Number(MergeCountAt, 0x15555556)),
        new("a special token more than are possible", "4097 special tokens;", Number(SpecialCountAt, 4097)),
        new("special tokens whose length is small in 32 bits", "special tokens;", Number(SpecialCountAt, 0x40000001)),
        new("a text a byte shorter", NoCounts, Number(BlobLengthAt, 16)),
        new("a text of four gigabytes", NoCounts, Number(BlobLengthAt, uint.MaxValue)),
        new("a text that takes the merge", NoSum, Raw(bytes => Set(Set(bytes, MergeCountAt, 0), BlobLengthAt, 29))),
        new("merges that take the text", NoSum, Raw(bytes => Set(Set(bytes, MergeCountAt, 2), BlobLengthAt, 5))),
        new("a token a byte longer", NoSum, Raw(bytes => With(bytes, LengthsAt, 2))),
        new("a token a byte longer, another one shorter", "", Raw(bytes => With(With(bytes, LengthsAt, 2), LengthsAt + 4, 1))),
        new("a token longer than may be", "has 1025 bytes", Raw(bytes => With(With(bytes, LengthsAt, 1), LengthsAt + 1, 4))),
        new("a token of 65535 bytes", "has 65535 bytes", Raw(bytes => With(With(bytes, LengthsAt, 255), LengthsAt + 1, 255))),
        new("two tokens of the same bytes", "have the same bytes", Raw(bytes => With(bytes, BlobAt + 1, (byte)'a'))),
        new("a merge whose result is another token", "whose bytes are not those", Number(MergesAt + 8, 0)),
        new("a merge of an unknown left token", "names token 5", Number(MergesAt, 5)),
        new("a merge of an unknown right token", "names token 4294967295", Number(MergesAt + 4, uint.MaxValue)),
        new("a merge of an unknown result", "names token 2147483648", Number(MergesAt + 8, 0x80000000)),
        new("a merge of an unused id", "has no bytes", Number(MergesAt, 3)),
        new("a merge of a special token", "which is special", Number(MergesAt, 4)),
        new("a merge of tokens in the other order", "whose bytes are not those", Raw(bytes => Set(Set(bytes, MergesAt, 1), MergesAt + 4, 0))),
        new("a merge twice", "joins the same pair", Raw(bytes => Set([.. bytes[..SpecialTokensAt], .. bytes[MergesAt..]], MergeCountAt, 2))),
        new("a million merges, all the same", "joins the same pair", Raw(ManyMerges)),
        new("a special token that does not exist", "ids end at 4", Number(SpecialTokensAt, 5)),
        new("a special token below zero if signed", "ids end at 4", Number(SpecialTokensAt, uint.MaxValue)),
        new("a special token that is not used", "has no bytes", Number(SpecialTokensAt, 3)),
        new("a special token twice", "not greater than", Raw(bytes => Set([.. bytes, 4, 0, 0, 0], SpecialCountAt, 2))),
        new("special tokens that descend", "not greater than", Raw(bytes => Set([.. bytes, 1, 0, 0, 0], SpecialCountAt, 2))),
        new("a special token that is no UTF-8", "not valid UTF-8", Raw(bytes => With(bytes, BlobAt + 8, 0xFF))),
        new("a token that is made and is special", "which is special", Number(SpecialTokensAt, 2)),
        new("a million unused ids", "", Raw(_ => Counts(1 << 20, 0))) { Expected = Victim.LoadResult.Loaded },
        new("a million ids and a byte", NoSum, Raw(_ => [.. Counts(1 << 20, 1), 65])),
    ];

    private static Func<InputFiles> Raw(Func<byte[], byte[]> change) => () => InputFiles.File("vocabulary", change((byte[])Bytes.Clone()));

    private static Func<InputFiles> Number(int at, uint value) => Raw(bytes => Set(bytes, at, value));

    private static byte[] Set(byte[] bytes, int at, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
        return bytes;
    }

    private static byte[] With(byte[] bytes, int at, byte value)
    {
        bytes[at] = value;
        return bytes;
    }

    private static byte[] ManyMerges(byte[] bytes)
    {
        const int Merges = 1 << 20;
        byte[] merge = bytes[MergesAt..SpecialTokensAt];
        byte[] result = new byte[bytes.Length + ((Merges - 1) * merge.Length)];
        bytes.AsSpan(0, MergesAt).CopyTo(result);
        for (int i = 0; i < Merges; i++)
        {
            merge.CopyTo(result, MergesAt + (i * merge.Length));
        }

        bytes.AsSpan(SpecialTokensAt).CopyTo(result.AsSpan(MergesAt + (Merges * merge.Length)));
        return Set(result, MergeCountAt, Merges);
    }

    /// <summary>A vocabulary of ids without bytes.</summary>
    private static byte[] Counts(int tokens, uint blob)
    {
        byte[] bytes = new byte[LengthsAt + (2 * tokens)];
        Bytes.AsSpan(0, TokenCountAt).CopyTo(bytes);
        return Set(Set(bytes, TokenCountAt, (uint)tokens), BlobLengthAt, blob);
    }
}
