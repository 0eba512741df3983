using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using TinyGpt.Text;
using TinyGpt.Text.Merging;

namespace TinyGpt;

/// <summary>
/// Byte-pair encoding as in SentencePiece (Llama 2, TinyLlama). A space is put before the text. Its characters, spaces included, are the
/// symbols. Neighbours merge whose text together is the token of the highest merge score, or whose merge has the lowest rank. What is no
/// token then becomes a token for each of its bytes, or the unknown token. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// Tokens have the bytes that they represent: a space where SentencePiece's files have U+2581. That character itself is text like any other
/// here and comes back, where SentencePiece makes a space of it.
/// </remarks>
public sealed class SentencePieceTokenizer : Tokenizer
{
    private const int ShortPiece = 48; // bytes for which the stack has room

    private readonly TokenIndex _pieces; // what text becomes by itself
    private readonly int[] _order; // each token's place by merge score
    private readonly bool _mergesOverSpaces;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">Its tokens.</param>
    /// <exception cref="ArgumentException">The vocabulary is of another kind: <see cref="Tokenizer.Create"/> makes its tokenizer.</exception>
    public SentencePieceTokenizer(TokenVocabulary vocabulary)
        : base(RequireKind(vocabulary, TokenizerKind.SentencePiece))
    {
        _pieces = new TokenIndex(vocabulary.Content.Blob, vocabulary.Content.Starts);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> bytes = vocabulary.TokenBytes(id);
            if (!bytes.IsEmpty && !vocabulary.IsAdded(id) && !vocabulary.IsByte(id))
            {
                _pieces.TryAdd(id, out _);
                _mergesOverSpaces |= bytes.Length > 1 && FirstWord(bytes) < bytes.Length;
            }
        }

        _order = PlacesByScore(vocabulary.Scores);
    }

    /// <inheritdoc/>
    /// <remarks>The space that encoding puts before a text is removed.</remarks>
    public override ReadOnlySpan<byte> BytesAfter(int previous, int id)
    {
        ReadOnlySpan<byte> bytes = TokenBytes(id);
        return Rules.PrefixSpace != PrefixSpace.None && bytes is [(byte)' ', ..] && PositionAfter(previous) == TextPosition.Start
            && !Vocabulary.IsAdded(id)
            ? bytes[1..]
            : bytes;
    }

    private protected override OperationStatus EncodePlain(
        ReadOnlySpan<byte> text, TextPosition position, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        if (position == TextPosition.Start && !text.IsEmpty
            && (Rules.PrefixSpace == PrefixSpace.Always || (Rules.PrefixSpace == PrefixSpace.UnlessThere && text[0] != ' ')))
        {
            return EncodePrefixed(text, ids, out bytesConsumed, out idsWritten);
        }

        return EncodePieces(text, ids, out bytesConsumed, out idsWritten);
    }

    /// <summary>How far text goes until a space follows another character.</summary>
    private static int FirstWord(ReadOnlySpan<byte> text)
    {
        int spaces = text.IndexOfAnyExcept((byte)' ');
        int next = spaces < 0 ? -1 : text[spaces..].IndexOf((byte)' ');
        return next < 0 ? text.Length : spaces + next;
    }

    private static int[] PlacesByScore(ReadOnlySpan<float> scores)
    {
        float[] sorted = scores.ToArray();
        int[] ids = new int[sorted.Length];
        for (int id = 0; id < ids.Length; id++)
        {
            ids[id] = id;
        }

        Array.Sort(sorted, ids);
        int[] places = new int[ids.Length];
        int place = 0;
        for (int index = ids.Length - 1; index >= 0; index--)
        {
            place += index < ids.Length - 1 && sorted[index] != sorted[index + 1] ? 1 : 0;
            places[ids[index]] = place;
        }

        return places;
    }

    /// <summary>Encodes a text with a space before it: all of it or, so that the space comes once, nothing.</summary>
    private OperationStatus EncodePrefixed(ReadOnlySpan<byte> text, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        byte[] prefixed = ArrayPool<byte>.Shared.Rent(text.Length + 1);
        try
        {
            prefixed[0] = (byte)' ';
            text.CopyTo(prefixed.AsSpan(1));
            OperationStatus status = EncodePieces(prefixed.AsSpan(0, text.Length + 1), ids, out _, out idsWritten);
            bytesConsumed = status == OperationStatus.Done ? text.Length : 0;
            idsWritten = status == OperationStatus.Done ? idsWritten : 0;
            return status;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(prefixed);
        }
    }

    private OperationStatus EncodePieces(ReadOnlySpan<byte> text, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        bytesConsumed = 0;
        idsWritten = 0;
        while (bytesConsumed < text.Length)
        {
            ReadOnlySpan<byte> piece = text[bytesConsumed..];
            piece = piece[..FirstPiece(piece)];
            if (!EncodePiece(piece, ids, ref idsWritten))
            {
                return OperationStatus.DestinationTooSmall;
            }

            bytesConsumed += piece.Length;
        }

        return OperationStatus.Done;
    }

    /// <summary>The end of the text that merges independently. If no token has a space after another character, that is the next such space.</summary>
    private int FirstPiece(ReadOnlySpan<byte> text) =>
        Rules.Splitting == PreSplitting.Spaces ? text[1..].IndexOf((byte)' ') is var next and >= 0 ? next + 1 : text.Length
        : _mergesOverSpaces ? text.Length
        : FirstWord(text);

    private bool EncodePiece(ReadOnlySpan<byte> piece, Span<int> ids, ref int idsWritten)
    {
        if (piece.Length <= ShortPiece)
        {
            return EncodeShort(piece, ids, ref idsWritten);
        }

        int[] storage = ArrayPool<int>.Shared.Rent(checked(piece.Length * SymbolMerger<RankedPairs>.StoragePerByte));
        ulong[] heap = ArrayPool<ulong>.Shared.Rent(checked(piece.Length * SymbolMerger<RankedPairs>.HeapPerByte));
        try
        {
            return Merge(piece, storage, heap, ids, ref idsWritten);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(storage);
            ArrayPool<ulong>.Shared.Return(heap);
        }
    }

    [SkipLocalsInit]
    private bool EncodeShort(ReadOnlySpan<byte> piece, Span<int> ids, ref int idsWritten)
    {
        Span<int> storage = stackalloc int[ShortPiece * SymbolMerger<RankedPairs>.StoragePerByte];
        Span<ulong> heap = stackalloc ulong[ShortPiece * SymbolMerger<RankedPairs>.HeapPerByte];
        return Merge(piece, storage, heap, ids, ref idsWritten);
    }

    private bool Merge(ReadOnlySpan<byte> piece, Span<int> storage, Span<ulong> heap, Span<int> ids, ref int idsWritten) =>
        Vocabulary.Scores.IsEmpty
            ? Merge(piece, new RankedPairs(Vocabulary.MergeIndex), storage, heap, ids, ref idsWritten)
            : Merge(piece, new ScoredPairs(piece, _pieces, _order, Vocabulary.LongestToken), storage, heap, ids, ref idsWritten);

    private bool Merge<TPairs>(
        ReadOnlySpan<byte> piece, TPairs pairs, Span<int> storage, Span<ulong> heap, Span<int> ids, ref int idsWritten)
        where TPairs : struct, IPairs, allows ref struct
    {
        SymbolMerger<TPairs> merger = new(piece.Length, pairs, storage, heap);
        for (int position = 0; position < piece.Length;)
        {
            Rune.DecodeFromUtf8(piece[position..], out _, out int length);
            merger.Append(position, _pieces.TryFind(piece.Slice(position, length), out int id) ? id : NoToken);
            position += length;
        }

        merger.Merge();
        int count = idsWritten;
        for (int position = 0; position < piece.Length; position = merger.End(position))
        {
            int token = merger.Token(position);
            bool fits = token != NoToken
                ? TryWrite(token, ids, ref count)
                : TryWriteBytes(piece[position..merger.End(position)], ids, ref count);
            if (!fits)
            {
                return false;
            }
        }

        idsWritten = count;
        return true;
    }

    /// <summary>Writes the tokens for a symbol that is no token: its byte tokens, or one unknown token for all such symbols in a row.</summary>
    private bool TryWriteBytes(ReadOnlySpan<byte> symbol, Span<int> ids, ref int count)
    {
        ReadOnlySpan<int> byteTokens = Vocabulary.ByteTokens;
        bool all = !byteTokens.IsEmpty;
        foreach (byte value in symbol)
        {
            all = all && byteTokens[value] != NoToken;
        }

        if (!all)
        {
            int unknown = Rules.Unknown!.Value; // which is there, as bytes without a token are
            return (count > 0 && ids[count - 1] == unknown) || TryWrite(unknown, ids, ref count);
        }

        foreach (byte value in symbol)
        {
            if (!TryWrite(byteTokens[value], ids, ref count))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryWrite(int id, Span<int> ids, ref int count)
    {
        if (count == ids.Length)
        {
            return false;
        }

        ids[count++] = id;
        return true;
    }
}
