using System.Buffers.Binary;

namespace TinyGpt.Text;

/// <summary>The binary form of a <see cref="TokenVocabulary"/>, as a model file's tokenizer chunk holds it.</summary>
/// <remarks>
/// <para>All numbers are unsigned and little-endian. With T tokens, M merges, A added tokens and B bytes of token text:</para>
/// <code>
/// offset               size   content
/// 0                    4      magic: the bytes 54 47 54 56, "TGTV"
/// 4                    4      version: 1; 2 where the vocabulary needs more than version 1 can say; 3, which is written as 2 is, where an
///                             added token has the bytes of an ordinary one or is looked for after the prefix space
/// 8                    4      T, 1 to 1,048,576
/// 12                   4      M, 0 to 1,048,576
/// 16                   4      A, 0 to 4,096
/// 20                   4      B
///                             versions 2 and 3:
/// 24                   4      kind, splitting, normalization, prefix space: a byte each, as their types number them
/// 28                   4      1: merge scores, 2: byte tokens, 4: whole pieces first, 8: the prefix space after added tokens too
/// 32                   4      the id of the begin-of-text token, or FFFFFFFF
/// 36                   4      the id of the unknown token, or FFFFFFFF
///                             both, one after the other:
/// 24 or 40             2 T    for each id, its token's length in bytes, 0 to 1,024; 0: the id is not used
///                      B      the tokens' bytes in the order of their ids, without gaps; the lengths add up to B
///                      12 M   the merges, lowest rank first: left id, right id, result id, 4 bytes each
///                      4 A    version 1: the ids of the special tokens, strictly ascending
///                      8 A    versions 2 and 3: the ids of the added tokens, strictly ascending, each followed by its traits
///                      4 T    if there are merge scores: float32, one for each id
///                      1024   if there are byte tokens: for each byte an id, or FFFFFFFF
/// </code>
/// <para>Nothing follows. What a reader refuses beside other magic, versions and lengths is in
/// <see cref="VocabularyValidation"/>. A special token's text is its bytes.</para>
/// </remarks>
internal static class TokenVocabularyFormat
{
    private const uint LastVersion = 3;
    private const int HeaderLength = 24;
    private const int RulesLength = 16;
    private const int MergeLength = 12;
    private const int ByteTokenCount = 256;
    private const int HasScores = 1;
    private const int HasByteTokens = 2;
    private const int WholePiecesFirst = 4;
    private const int PrefixAfterAddedTokens = 8;
    private const int AllFlags = HasScores | HasByteTokens | WholePiecesFirst | PrefixAfterAddedTokens;

    private static ReadOnlySpan<byte> Magic => "TGTV"u8;

    internal static byte[] ToBytes(VocabularyContent content)
    {
        int version = content.HasTwins || content.AddedTokens.Any(token => token.IsWithPrefix) ? 3
            : content.Rules != TokenizerRules.Gpt2 || content.AddedTokens.Any(token => token.Traits != AddedTokenTraits.None) ? 2
            : 1;
        bool extended = version > 1;
        Layout layout = new(
            extended, content.Count, content.Blob.Length, content.Merges.Length, content.AddedTokens.Length,
            content.Scores is not null, content.ByteTokens is not null);
        byte[] data = new byte[checked((int)layout.Length)];
        Magic.CopyTo(data);
        Span<byte> rest = data.AsSpan(Magic.Length);
        ReadOnlySpan<int> counts =
            [version, content.Count, content.Merges.Length, content.AddedTokens.Length, content.Blob.Length];
        Append(ref rest, counts);
        if (extended)
        {
            AppendRules(ref rest, content);
        }

        for (int id = 0; id < content.Count; id++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(rest, (ushort)content.Bytes(id).Length);
            rest = rest[sizeof(ushort)..];
        }

        content.Blob.CopyTo(rest);
        rest = rest[content.Blob.Length..];
        foreach (TokenMerge merge in content.Merges)
        {
            Append(ref rest, [merge.Left, merge.Right, merge.Result]);
        }

        foreach (AddedToken token in content.AddedTokens)
        {
            Append(ref rest, extended ? [token.Id, (int)token.Traits] : [token.Id]);
        }

        foreach (float score in content.Scores ?? [])
        {
            Append(ref rest, [BitConverter.SingleToInt32Bits(score)]);
        }

        Append(ref rest, content.ByteTokens);
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
        if (version is 0 or > LastVersion)
        {
            throw new ModelFormatException(file, $"vocabulary version {version} is not supported; 1 to {LastVersion} are", 4);
        }

        uint tokens = ReadNumber(data, 8);
        uint merges = ReadNumber(data, 12);
        uint addedTokens = ReadNumber(data, 16);
        if (VocabularyFault.OfCounts(tokens, merges, addedTokens) is { } wrongCount)
        {
            throw new ModelFormatException(file, wrongCount.Reason, 8);
        }

        bool extended = version > 1;
        uint flags = extended ? ReadFlags(data, file) : 0;
        Layout layout = new(
            extended, tokens, ReadNumber(data, 20), merges, addedTokens, (flags & HasScores) != 0, (flags & HasByteTokens) != 0);
        if (layout.Length != data.Length)
        {
            throw new ModelFormatException(file, $"the vocabulary's counts make {layout.Length} bytes, but it has {data.Length}", 8);
        }

        VocabularyContent content = new()
        {
            Starts = ReadLengths(data[(int)layout.Lengths..(int)layout.Blob], (int)layout.Lengths, (int)(layout.Merges - layout.Blob), file),
            Blob = data[(int)layout.Blob..(int)layout.Merges].ToArray(),
            Merges = ReadMerges(data[(int)layout.Merges..(int)layout.AddedTokens]),
            AddedTokens = ReadAddedTokens(data[(int)layout.AddedTokens..(int)layout.Scores], layout.AddedTokenLength),
            Scores = (flags & HasScores) != 0 ? ReadScores(data[(int)layout.Scores..(int)layout.ByteTokens]) : null,
            ByteTokens = (flags & HasByteTokens) != 0 ? ReadNumbers(data[(int)layout.ByteTokens..]) : null,
            Rules = extended ? ReadRules(data, flags) : TokenizerRules.Gpt2,
        };
        if (version < LastVersion && Array.FindIndex(content.AddedTokens, token => token.IsWithPrefix) is >= 0 and int index)
        {
            throw new ModelFormatException(
                file, $"special token {content.AddedTokens[index].Id} has unknown traits {(int)content.AddedTokens[index].Traits} in version {version}",
                layout.AddedTokens + (index * layout.AddedTokenLength));
        }

        return TokenVocabulary.TryAdopt(content, out TokenVocabulary? vocabulary, out VocabularyFault fault)
            ? vocabulary
            : throw new ModelFormatException(file, fault.Reason, layout.PlaceOf(fault, content.Starts));
    }

    private static void AppendRules(ref Span<byte> rest, VocabularyContent content)
    {
        TokenizerRules rules = content.Rules;
        rest[0] = (byte)rules.Kind;
        rest[1] = (byte)rules.Splitting;
        rest[2] = (byte)rules.Normalization;
        rest[3] = (byte)rules.PrefixSpace;
        rest = rest[4..];
        int flags = (content.Scores is null ? 0 : HasScores) | (content.ByteTokens is null ? 0 : HasByteTokens)
            | (rules.WholePiecesFirst ? WholePiecesFirst : 0) | (rules.PrefixAfterAddedTokens ? PrefixAfterAddedTokens : 0);
        Append(ref rest, [flags, rules.BeginOfText ?? -1, rules.Unknown ?? -1]);
    }

    private static uint ReadFlags(ReadOnlySpan<byte> data, string file)
    {
        if (data.Length < HeaderLength + RulesLength)
        {
            throw new ModelFormatException(
                file, $"the vocabulary has {data.Length} bytes, its header alone {HeaderLength + RulesLength}", data.Length);
        }

        uint flags = ReadNumber(data, 28);
        return (flags & ~AllFlags) == 0 ? flags : throw new ModelFormatException(file, $"the vocabulary has unknown flags: {flags}", 28);
    }

    private static TokenizerRules ReadRules(ReadOnlySpan<byte> data, uint flags) => new()
    {
        Kind = (TokenizerKind)data[24],
        Splitting = (PreSplitting)data[25],
        Normalization = (TextNormalization)data[26],
        PrefixSpace = (PrefixSpace)data[27],
        WholePiecesFirst = (flags & WholePiecesFirst) != 0,
        PrefixAfterAddedTokens = (flags & PrefixAfterAddedTokens) != 0,
        BeginOfText = ReadNumber(data, 32) is not uint.MaxValue and uint begin ? (int)begin : null,
        Unknown = ReadNumber(data, 36) is not uint.MaxValue and uint unknown ? (int)unknown : null,
    };

    private static int[] ReadLengths(ReadOnlySpan<byte> lengths, int place, int blobLength, string file)
    {
        int[] starts = new int[(lengths.Length / sizeof(ushort)) + 1];
        for (int id = 0; id < starts.Length - 1; id++)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(lengths[(id * sizeof(ushort))..]);
            if (length > TokenVocabulary.MostTokenBytes)
            {
                throw new ModelFormatException(file, VocabularyFault.OfLongToken(id, length).Reason, place + (id * sizeof(ushort)));
            }

            starts[id + 1] = starts[id] + length; // at most 2^20 tokens of 2^10 bytes: no overflow
        }

        return starts[^1] == blobLength
            ? starts
            : throw new ModelFormatException(file, $"the tokens' lengths add up to {starts[^1]}, not to {blobLength}", place);
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

    private static AddedToken[] ReadAddedTokens(ReadOnlySpan<byte> data, int length)
    {
        AddedToken[] tokens = new AddedToken[data.Length / length];
        for (int index = 0; index < tokens.Length; index++)
        {
            uint traits = length > sizeof(uint) ? ReadNumber(data, (index * length) + sizeof(uint)) : 0;
            tokens[index] = new AddedToken(
                (int)ReadNumber(data, index * length), (AddedTokenTraits)Math.Min(traits, byte.MaxValue)); // 255 is refused, as all above
        }

        return tokens;
    }

    private static float[] ReadScores(ReadOnlySpan<byte> data)
    {
        float[] scores = new float[data.Length / sizeof(float)];
        for (int id = 0; id < scores.Length; id++)
        {
            scores[id] = BinaryPrimitives.ReadSingleLittleEndian(data[(id * sizeof(float))..]);
        }

        return scores;
    }

    private static int[] ReadNumbers(ReadOnlySpan<byte> data)
    {
        int[] numbers = new int[data.Length / sizeof(int)];
        for (int index = 0; index < numbers.Length; index++)
        {
            numbers[index] = (int)ReadNumber(data, index * sizeof(int));
        }

        return numbers;
    }

    private static uint ReadNumber(ReadOnlySpan<byte> data, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(data[offset..]);

    private static void Append(ref Span<byte> rest, scoped ReadOnlySpan<int> values)
    {
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, value);
            rest = rest[sizeof(int)..];
        }
    }

    /// <summary>The offsets of the parts.</summary>
    private readonly struct Layout(
        bool extended, long tokens, long blobLength, long merges, long addedTokens, bool hasScores, bool hasByteTokens)
    {
        internal readonly int AddedTokenLength = extended ? 8 : 4;

        internal long Lengths => HeaderLength + (extended ? RulesLength : 0);

        internal long Blob => Lengths + (tokens * sizeof(ushort));

        internal long Merges => Blob + blobLength;

        internal long AddedTokens => Merges + (merges * MergeLength);

        internal long Scores => AddedTokens + (addedTokens * AddedTokenLength);

        internal long ByteTokens => Scores + (hasScores ? tokens * sizeof(float) : 0);

        internal long Length => ByteTokens + (hasByteTokens ? ByteTokenCount * sizeof(int) : 0);

        /// <summary>The byte where an entry begins that is at fault.</summary>
        internal long PlaceOf(in VocabularyFault fault, int[] starts) => fault.Part switch
        {
            VocabularyPart.Tokens => Blob + starts[fault.Index],
            VocabularyPart.Merges => Merges + (fault.Index * MergeLength),
            VocabularyPart.AddedTokens => AddedTokens + (fault.Index * AddedTokenLength),
            VocabularyPart.Scores => Scores + (fault.Index * sizeof(float)),
            VocabularyPart.ByteTokens => ByteTokens + (fault.Index * sizeof(int)),
            _ => HeaderLength,
        };
    }
}
