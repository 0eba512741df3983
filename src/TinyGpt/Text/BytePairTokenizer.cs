using System.Buffers;
using System.Runtime.CompilerServices;
using TinyGpt.Text;
using TinyGpt.Text.Merging;
using TinyGpt.Text.Splitting;
using TinyGpt.Text.Unicode;

namespace TinyGpt;

/// <summary>
/// Byte-level byte-pair encoding, GPT-2's and its successors': text is split into pieces by the model's pattern, a piece becomes one token a
/// byte, and neighbouring tokens merge, lowest rank first and leftmost first among equals. Immutable and thread-safe.
/// </summary>
public sealed class BytePairTokenizer : Tokenizer
{
    private const int MostDigitsOfGpt4 = 3;

    private readonly int[] _byteTokens; // the token of each byte value, or NoToken
    private readonly SearchValues<byte> _bytesWithoutToken;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">Its tokens. Bytes without a token are allowed, but cannot be encoded.</param>
    /// <exception cref="ArgumentException">The vocabulary is of another kind: <see cref="Tokenizer.Create"/> makes its tokenizer.</exception>
    public BytePairTokenizer(TokenVocabulary vocabulary)
        : base(RequireKind(vocabulary, TokenizerKind.ByteLevel))
    {
        _byteTokens = new int[256];
        List<byte> bytesWithoutToken = [];
        for (int value = 0; value < _byteTokens.Length; value++)
        {
            ReadOnlySpan<byte> bytes = [(byte)value];
            _byteTokens[value] = vocabulary.TryGetId(bytes, out int id) && !vocabulary.IsAdded(id) ? id : NoToken;
            if (_byteTokens[value] == NoToken)
            {
                bytesWithoutToken.Add((byte)value);
            }
        }

        _bytesWithoutToken = SearchValues.Create([.. bytesWithoutToken]);
    }

    private protected override OperationStatus EncodePlain(
        ReadOnlySpan<byte> text, TextPosition position, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        bool prefixed = position == TextPosition.Start && Rules.PrefixSpace != PrefixSpace.None && !text.IsEmpty
            && (Rules.PrefixSpace == PrefixSpace.Always || text[0] != ' ');
        return !prefixed && TextNormalizer.IsNormalized(text, Rules.Normalization)
            ? EncodePieces(text, ids, out bytesConsumed, out idsWritten)
            : EncodeChanged(text, prefixed, ids, out bytesConsumed, out idsWritten);
    }

    private protected override int IndexOfUnencodablePlain(ReadOnlySpan<byte> text) => text.IndexOfAny(_bytesWithoutToken);

    /// <summary>Encodes what a text is changed to before it is split: all of it or, as its bytes are others, nothing.</summary>
    private OperationStatus EncodeChanged(ReadOnlySpan<byte> text, bool prefixed, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        PooledBytes changed = new(text.Length + 1);
        try
        {
            if (prefixed)
            {
                changed.Append((byte)' ');
            }

            TextNormalizer.Normalize(text, Rules.Normalization, ref changed);
            OperationStatus status = EncodePieces(changed.Span, ids, out _, out idsWritten);
            bytesConsumed = status == OperationStatus.Done ? text.Length : 0;
            idsWritten = status == OperationStatus.Done ? idsWritten : 0;
            return status;
        }
        finally
        {
            changed.Dispose();
        }
    }

    private OperationStatus EncodePieces(ReadOnlySpan<byte> text, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        bytesConsumed = 0;
        idsWritten = 0;
        while (bytesConsumed < text.Length)
        {
            int length = FirstPiece(text[bytesConsumed..]);
            OperationStatus status = EncodePiece(text.Slice(bytesConsumed, length), ids[idsWritten..], out int written);
            if (status != OperationStatus.Done)
            {
                return status;
            }

            bytesConsumed += length;
            idsWritten += written;
        }

        return OperationStatus.Done;
    }

    private int FirstPiece(ReadOnlySpan<byte> text) => Rules.Splitting switch
    {
        PreSplitting.DigitsThenGpt2 => Gpt2PreSplitter.FirstPieceDigitsAlone(text),
        PreSplitting.Gpt4 => Gpt4PreSplitter.FirstPiece(text, MostDigitsOfGpt4),
        PreSplitting.Qwen2 => Gpt4PreSplitter.FirstPiece(text, mostDigits: 1),
        _ => Gpt2PreSplitter.FirstPiece(text),
    };

    private OperationStatus EncodePiece(ReadOnlySpan<byte> piece, Span<int> ids, out int written)
    {
        if (Rules.WholePiecesFirst && Vocabulary.TryGetId(piece, out int whole) && !Vocabulary.IsAdded(whole))
        {
            written = ids.IsEmpty ? 0 : 1;
            ids[..written].Fill(whole);
            return ids.IsEmpty ? OperationStatus.DestinationTooSmall : OperationStatus.Done;
        }

        return piece.Length <= PieceMerger.MostTokens ? EncodeShort(piece, ids, out written) : EncodeLong(piece, ids, out written);
    }

    [SkipLocalsInit]
    private OperationStatus EncodeShort(ReadOnlySpan<byte> piece, Span<int> ids, out int written)
    {
        Span<int> tokens = stackalloc int[PieceMerger.MostTokens];
        tokens = tokens[..piece.Length];
        written = 0;
        if (!TryGetByteTokens(piece, tokens))
        {
            return OperationStatus.InvalidData;
        }

        int count = PieceMerger.Merge(tokens, Vocabulary.MergeIndex);
        if (!tokens[..count].TryCopyTo(ids))
        {
            return OperationStatus.DestinationTooSmall;
        }

        written = count;
        return OperationStatus.Done;
    }

    private OperationStatus EncodeLong(ReadOnlySpan<byte> piece, Span<int> ids, out int written)
    {
        int[] pooled = ArrayPool<int>.Shared.Rent(piece.Length);
        try
        {
            Span<int> tokens = pooled.AsSpan(0, piece.Length);
            written = 0;
            return !TryGetByteTokens(piece, tokens) ? OperationStatus.InvalidData
                : PieceMerger.MergeLong(tokens, Vocabulary.MergeIndex, ids, out written) ? OperationStatus.Done
                : OperationStatus.DestinationTooSmall;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(pooled);
        }
    }

    private bool TryGetByteTokens(ReadOnlySpan<byte> piece, Span<int> tokens)
    {
        for (int index = 0; index < piece.Length; index++)
        {
            tokens[index] = _byteTokens[piece[index]];
            if (tokens[index] == NoToken)
            {
                return false;
            }
        }

        return true;
    }
}
