using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace TinyGpt.Text;

/// <summary>
/// GPT-2's byte-level byte-pair encoding: text is split into pieces by GPT-2's pattern, a piece becomes one token a byte, and
/// neighbouring tokens merge, lowest rank first and leftmost first among equals. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Text is UTF-8, but any bytes are taken: what is not valid UTF-8 is kept byte for byte, so that <see cref="Decode(ReadOnlySpan{int})"/>
/// gives back exactly the bytes that were encoded. The time for n bytes grows as n log n at worst, also where all are one piece.
/// </para>
/// <para>
/// A special token never comes out of <see cref="SpecialTokenHandling.AsText"/>. With
/// <see cref="SpecialTokenHandling.Recognize"/> the text before and after a special token is split as if it stood alone.
/// </para>
/// </remarks>
public sealed class BytePairTokenizer
{
    private const int NoToken = -1;

    private readonly int[] _byteTokens; // the token of each byte value, or NoToken
    private readonly SearchValues<byte> _bytesWithoutToken;
    private readonly SpecialTokenMatcher _specialTokens;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">Its tokens. Bytes without a token of their own are allowed, but cannot be encoded.</param>
    public BytePairTokenizer(TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        Vocabulary = vocabulary;
        _specialTokens = new SpecialTokenMatcher(vocabulary);
        _byteTokens = new int[256];
        List<byte> bytesWithoutToken = [];
        for (int value = 0; value < _byteTokens.Length; value++)
        {
            ReadOnlySpan<byte> bytes = [(byte)value];
            _byteTokens[value] = vocabulary.TryGetId(bytes, out int id) && !IsSpecial(vocabulary, id) ? id : NoToken;
            if (_byteTokens[value] == NoToken)
            {
                bytesWithoutToken.Add((byte)value);
            }
        }

        _bytesWithoutToken = SearchValues.Create([.. bytesWithoutToken]);
    }

    /// <summary>The tokens.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>The number of ids, unused ones included; ids run from 0 to this - 1.</summary>
    public int VocabularySize => Vocabulary.Count;

    /// <summary>Encodes text into a new array.</summary>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <returns>The ids; none for an empty text.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public int[] Encode(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        int[] ids = ArrayPool<int>.Shared.Rent(text.Length); // a token is a byte at least
        try
        {
            return Encode(text, ids, out int consumed, out int written, specialTokens) == OperationStatus.Done
                ? ids[..written]
                : throw MissingByte(text, consumed, specialTokens);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
        }
    }

    /// <summary>Encodes text into a new array.</summary>
    /// <param name="text">The text; a surrogate without its partner is encoded as U+FFFD.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <returns>The ids; none for an empty text.</returns>
    /// <exception cref="TokenizationException">
    /// The vocabulary has no token for one of the bytes of the text's UTF-8 form, in which the exception's offset counts.
    /// </exception>
    public int[] Encode(string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        try
        {
            int length = Encoding.UTF8.GetBytes(text, bytes);
            return Encode(bytes.AsSpan(0, length), specialTokens);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Encodes text into the caller's memory, as far as it goes; allocates nothing but pooled arrays for long pieces.</summary>
    /// <remarks>
    /// Whole pieces of text are encoded, never a part of one, so that encoding may go on with <c>text[bytesConsumed..]</c> and
    /// gives the same ids as in one call. One id for each byte of text is always room enough.
    /// </remarks>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="ids">Where the ids are written.</param>
    /// <param name="bytesConsumed">How many bytes of the text the written ids stand for.</param>
    /// <param name="idsWritten">How many ids were written.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <returns>
    /// <see cref="OperationStatus.Done"/>: all of the text; <see cref="OperationStatus.DestinationTooSmall"/>: the next piece does
    /// not fit; <see cref="OperationStatus.InvalidData"/>: the next piece has a byte for which the vocabulary has no token
    /// (<see cref="IndexOfUnencodable"/> finds it). Nothing else.
    /// </returns>
    public OperationStatus Encode(
        ReadOnlySpan<byte> text,
        Span<int> ids,
        out int bytesConsumed,
        out int idsWritten,
        SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        bytesConsumed = 0;
        idsWritten = 0;
        while (true)
        {
            ReadOnlySpan<byte> plain = UntilSpecialToken(text[bytesConsumed..], specialTokens, out int special);
            while (!plain.IsEmpty)
            {
                int length = Gpt2PreSplitter.FirstPiece(plain);
                OperationStatus status = EncodePiece(plain[..length], ids[idsWritten..], out int written);
                if (status != OperationStatus.Done)
                {
                    return status;
                }

                plain = plain[length..];
                bytesConsumed += length;
                idsWritten += written;
            }

            if (special == NoToken)
            {
                return OperationStatus.Done;
            }

            if (idsWritten == ids.Length)
            {
                return OperationStatus.DestinationTooSmall;
            }

            ids[idsWritten++] = special;
            bytesConsumed += Vocabulary.TokenBytes(special).Length;
        }
    }

    /// <summary>Tells beforehand whether a text can be encoded.</summary>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="specialTokens">What encoding would make of text that is written like a special token.</param>
    /// <returns>Where the first byte is for which the vocabulary has no token, or -1 if all can be encoded.</returns>
    public int IndexOfUnencodable(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        int start = 0;
        while (true)
        {
            ReadOnlySpan<byte> plain = UntilSpecialToken(text[start..], specialTokens, out int special);
            int missing = plain.IndexOfAny(_bytesWithoutToken);
            if (missing >= 0)
            {
                return start + missing;
            }

            if (special == NoToken)
            {
                return -1;
            }

            start += plain.Length + Vocabulary.TokenBytes(special).Length;
        }
    }

    /// <summary>A token's bytes; empty for an id that is not used.</summary>
    /// <param name="id">0 to <see cref="VocabularySize"/> - 1.</param>
    /// <returns>The bytes. They need not be UTF-8: a token may end inside a character.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id) => Vocabulary.TokenBytes(id);

    /// <summary>Joins the bytes of tokens in a new array.</summary>
    /// <param name="ids">The ids; special tokens give their text, unused ids nothing.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">One of the ids does not exist.</exception>
    public byte[] Decode(ReadOnlySpan<int> ids)
    {
        int length = 0;
        foreach (int id in ids)
        {
            length = checked(length + TokenBytes(id).Length);
        }

        byte[] bytes = new byte[length];
        Decode(ids, bytes, out _, out _);
        return bytes;
    }

    /// <summary>Joins the bytes of tokens in the caller's memory, as far as whole tokens fit.</summary>
    /// <param name="ids">The ids; special tokens give their text, unused ids nothing.</param>
    /// <param name="destination">Where the bytes are written.</param>
    /// <param name="idsConsumed">How many of the ids were written.</param>
    /// <param name="bytesWritten">How many bytes were written.</param>
    /// <returns>Whether all ids were written; if not, the next token does not fit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">One of the ids does not exist.</exception>
    public bool Decode(ReadOnlySpan<int> ids, Span<byte> destination, out int idsConsumed, out int bytesWritten)
    {
        idsConsumed = 0;
        bytesWritten = 0;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> bytes = TokenBytes(id);
            if (!bytes.TryCopyTo(destination[bytesWritten..]))
            {
                return false;
            }

            idsConsumed++;
            bytesWritten += bytes.Length;
        }

        return true;
    }

    /// <summary>Finds a special token by the way it is written.</summary>
    /// <param name="text">The token's text, <c>&lt;|endoftext|&gt;</c>.</param>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether there is such a special token.</returns>
    public bool TryGetSpecialToken(ReadOnlySpan<char> text, out int id) => Vocabulary.TryGetSpecialToken(text, out id);

    /// <summary>Finds GPT-2's special token <c>&lt;|endoftext|&gt;</c>, which ends a text.</summary>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether the vocabulary has it.</returns>
    public bool TryGetEndOfText(out int id) => TryGetSpecialToken("<|endoftext|>", out id);

    private static bool IsSpecial(TokenVocabulary vocabulary, int id)
    {
        foreach (SpecialToken special in vocabulary.SpecialTokens)
        {
            if (special.Id == id)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The text up to the first special token that is to be recognized, and that token.</summary>
    private ReadOnlySpan<byte> UntilSpecialToken(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens, out int special)
    {
        special = NoToken;
        return specialTokens == SpecialTokenHandling.Recognize && _specialTokens.TryFind(text, out int offset, out special)
            ? text[..offset]
            : text;
    }

    private OperationStatus EncodePiece(ReadOnlySpan<byte> piece, Span<int> ids, out int written) =>
        piece.Length <= PieceMerger.MostTokens ? EncodeShort(piece, ids, out written) : EncodeLong(piece, ids, out written);

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
        using LongPieceMerger merger = new(piece.Length, Vocabulary.MergeIndex);
        written = 0;
        if (!TryGetByteTokens(piece, merger.Tokens))
        {
            return OperationStatus.InvalidData;
        }

        int count = merger.Merge();
        if (count > ids.Length)
        {
            return OperationStatus.DestinationTooSmall;
        }

        merger.CopyTo(ids);
        written = count;
        return OperationStatus.Done;
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

    private TokenizationException MissingByte(ReadOnlySpan<byte> text, int consumed, SpecialTokenHandling specialTokens)
    {
        int offset = consumed + IndexOfUnencodable(text[consumed..], specialTokens);
        return new TokenizationException(text[offset], offset);
    }
}
