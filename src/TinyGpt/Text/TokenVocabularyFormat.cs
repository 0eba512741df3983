using System.Buffers.Binary;

namespace TinyGpt.Text;

/// <summary>The binary form of a <see cref="TokenVocabulary"/>, as a model file's tokenizer chunk holds it.</summary>
/// <remarks>
/// <para>All numbers are unsigned and little-endian. With T tokens, M merges, S special tokens and B bytes of token text:</para>
/// <code>
/// offset               size   content
/// 0                    4      magic: the bytes 54 47 54 56, "TGTV"
/// 4                    4      version: 1
/// 8                    4      T, 1 to 1,048,576
/// 12                   4      M, 0 to 1,048,576
/// 16                   4      S, 0 to 4,096
/// 20                   4      B
/// 24                   2 T    for each id, its token's length in bytes, 0 to 1,024; 0: the id is not used
/// 24 + 2T              B      the tokens' bytes in the order of their ids, without gaps; the lengths add up to B
/// 24 + 2T + B          12 M   the merges, lowest rank first: left id, right id, result id, 4 bytes each
/// 24 + 2T + B + 12M    4 S    the ids of the special tokens, strictly ascending
/// 24 + 2T + B + 12M + 4S      the end; nothing follows
/// </code>
/// <para>A reader refuses: any other magic or version; counts outside their ranges or that do not fit the data's length exactly;
/// two tokens with the same bytes (unused ids aside); a merge with an id that is out of range, unused or special, with a result
/// whose bytes are not the left token's followed by the right token's, or with the pair of an earlier merge; a special token
/// that is out of range, unused or not valid UTF-8. A special token's text is its bytes.</para>
/// </remarks>
internal static class TokenVocabularyFormat
{
    private const uint Version = 1;
    private const int HeaderLength = 24;
    private const int MergeLength = 12;
    private const int SpecialTokenLength = 4;

    private static ReadOnlySpan<byte> Magic => "TGTV"u8;

    internal static byte[] ToBytes(TokenVocabulary vocabulary)
    {
        ReadOnlySpan<byte> blob = vocabulary.Blob;
        ReadOnlySpan<TokenMerge> merges = vocabulary.Merges;
        ReadOnlySpan<SpecialToken> specialTokens = vocabulary.SpecialTokens;
        byte[] data = new byte[checked((int)Length(vocabulary.Count, merges.Length, specialTokens.Length, blob.Length))];
        Span<byte> rest = data;

        Magic.CopyTo(rest);
        rest = rest[Magic.Length..];
        foreach (int value in (ReadOnlySpan<int>)[(int)Version, vocabulary.Count, merges.Length, specialTokens.Length, blob.Length])
        {
            Append(ref rest, value);
        }

        for (int id = 0; id < vocabulary.Count; id++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)vocabulary.TokenBytes(id).Length);
            rest = rest[sizeof(ushort)..];
        }

        blob.CopyTo(rest);
        rest = rest[blob.Length..];
        foreach (TokenMerge merge in merges)
        {
            Append(ref rest, merge.Left);
            Append(ref rest, merge.Right);
            Append(ref rest, merge.Result);
        }

        foreach (SpecialToken special in specialTokens)
        {
            Append(ref rest, special.Id);
        }

        return data;
    }

    internal static TokenVocabulary Read(ReadOnlySpan<byte> data, string file)
    {
        if (data.Length < HeaderLength)
        {
            throw new ModelFormatException(file, $"the vocabulary has {data.Length} bytes, its header alone {HeaderLength}", data.Length);
        }

        if (!data.StartsWith(Magic))
        {
            throw new ModelFormatException(file, "this is not a vocabulary: the first four bytes are not 'TGTV'", 0);
        }

        uint version = ReadNumber(data, 4);
        if (version != Version)
        {
            throw new ModelFormatException(file, $"vocabulary version {version} is not supported; {Version} is", 4);
        }

        uint tokenCount = ReadNumber(data, 8);
        uint mergeCount = ReadNumber(data, 12);
        uint specialCount = ReadNumber(data, 16);
        uint blobLength = ReadNumber(data, 20);
        if (VocabularyFault.OfCounts(tokenCount, mergeCount, specialCount) is { } wrongCount)
        {
            throw new ModelFormatException(file, wrongCount.Reason, 8);
        }

        long length = Length(tokenCount, mergeCount, specialCount, blobLength);
        if (length != data.Length)
        {
            throw new ModelFormatException(file, $"the vocabulary's counts make {length} bytes, but it has {data.Length}", 8);
        }

        int blobStart = HeaderLength + ((int)tokenCount * sizeof(ushort));
        int[] starts = ReadLengths(data[HeaderLength..blobStart], (int)blobLength, file);
        int mergeStart = blobStart + (int)blobLength;
        int specialStart = mergeStart + ((int)mergeCount * MergeLength);
        if (TokenVocabulary.TryAdopt(
            data[blobStart..mergeStart].ToArray(),
            starts,
            ReadMerges(data[mergeStart..specialStart]),
            ReadSpecialTokens(data[specialStart..]),
            out TokenVocabulary? vocabulary,
            out VocabularyFault fault))
        {
            return vocabulary;
        }

        throw new ModelFormatException(file, fault.Reason, fault.Part switch
        {
            VocabularyPart.Tokens => blobStart + starts[fault.Index],
            VocabularyPart.Merges => mergeStart + (fault.Index * MergeLength),
            _ => specialStart + (fault.Index * SpecialTokenLength),
        });
    }

    private static int[] ReadLengths(ReadOnlySpan<byte> lengths, int blobLength, string file)
    {
        int[] starts = new int[(lengths.Length / sizeof(ushort)) + 1];
        for (int id = 0; id < starts.Length - 1; id++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(lengths[(id * sizeof(ushort))..]);
            if (length > TokenVocabulary.MostTokenBytes)
            {
                throw new ModelFormatException(
                    file, VocabularyFault.OfLongToken(id, length).Reason, HeaderLength + (id * sizeof(ushort)));
            }

            starts[id + 1] = starts[id] + length; // at most 2^20 tokens of 2^10 bytes: no overflow
        }

        return starts[^1] == blobLength
            ? starts
            : throw new ModelFormatException(file, $"the tokens' lengths add up to {starts[^1]}, not to {blobLength}", HeaderLength);
    }

    private static TokenMerge[] ReadMerges(ReadOnlySpan<byte> data)
    {
        TokenMerge[] merges = new TokenMerge[data.Length / MergeLength];
        for (int rank = 0; rank < merges.Length; rank++)
        {
            int at = rank * MergeLength;
            merges[rank] = new TokenMerge((int)ReadNumber(data, at), (int)ReadNumber(data, at + 4), (int)ReadNumber(data, at + 8));
        }

        return merges;
    }

    private static int[] ReadSpecialTokens(ReadOnlySpan<byte> data)
    {
        int[] ids = new int[data.Length / SpecialTokenLength];
        for (int index = 0; index < ids.Length; index++)
        {
            ids[index] = (int)ReadNumber(data, index * SpecialTokenLength);
        }

        return ids;
    }

    private static long Length(long tokens, long merges, long specialTokens, long blob) =>
        HeaderLength + (tokens * sizeof(ushort)) + blob + (merges * MergeLength) + (specialTokens * SpecialTokenLength);

    private static uint ReadNumber(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static void Append(ref Span<byte> rest, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, value);
        rest = rest[sizeof(int)..];
    }
}
