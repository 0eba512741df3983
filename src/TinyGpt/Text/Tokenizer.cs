using System.Buffers;
using System.Text;
using TinyGpt.Text;

namespace TinyGpt;

/// <summary>
/// Turns text into a model's token ids and back. What a text becomes is up to the kind of tokenizer; this class finds the tokens that
/// stand in text as they are written, and joins bytes. Immutable and thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Text is UTF-8, but any bytes are taken. A vocabulary that has all bytes gives back exactly what was encoded, except what its model's
/// own rules change beforehand (composing characters, lower case); whatever has no token becomes the unknown token, where there is one.
/// The time for n bytes grows as n log n at worst.
/// </para>
/// <para>
/// A special token never comes out of <see cref="SpecialTokenHandling.AsText"/>. With
/// <see cref="SpecialTokenHandling.Recognize"/> the text before and after a special token is encoded as if it stood alone.
/// </para>
/// </remarks>
public abstract partial class Tokenizer
{
    /// <summary>In place of a token's id: none.</summary>
    private protected const int NoToken = -1;

    private readonly AddedTokenMatcher _allAddedTokens;
    private readonly AddedTokenMatcher _userDefinedTokens;
    private readonly AddedTokenMatcher _marks;
    private readonly AddedTokenMatcher _allPrefixedTokens;
    private readonly AddedTokenMatcher _userDefinedPrefixedTokens;

    private protected Tokenizer(TokenVocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        Rules = vocabulary.Rules;
        AddedTokenMatcher Matcher(Predicate<AddedToken> condition) =>
            new(vocabulary, Array.FindAll(vocabulary.Content.AddedTokens, condition));
        _allAddedTokens = Matcher(token => !token.IsWithPrefix);
        _userDefinedTokens = Matcher(token => token.IsUserDefined && !token.IsWithPrefix);
        _marks = Matcher(_ => true);
        _allPrefixedTokens = Matcher(token => token.IsWithPrefix);
        _userDefinedPrefixedTokens = Matcher(token => token.IsUserDefined && token.IsWithPrefix);
    }

    /// <summary>The tokens.</summary>
    public TokenVocabulary Vocabulary { get; }

    /// <summary>The number of ids, unused ones included; ids run from 0 to this - 1.</summary>
    public int VocabularySize => Vocabulary.Count;

    /// <summary>The token that the model wants before every text, or null if it wants none.</summary>
    public int? BeginOfText => Rules.BeginOfText;

    /// <summary>What becomes of text before its tokens merge.</summary>
    private protected TokenizerRules Rules { get; }

    /// <summary>Makes the tokenizer that a vocabulary is meant for.</summary>
    /// <param name="vocabulary">Its tokens.</param>
    /// <returns>A tokenizer of the vocabulary's kind.</returns>
    public static Tokenizer Create(TokenVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return vocabulary.Rules.Kind switch
        {
            TokenizerKind.ByteLevel => new BytePairTokenizer(vocabulary),
            TokenizerKind.SentencePiece => new SentencePieceTokenizer(vocabulary),
            _ => new WordTokenizer(vocabulary),
        };
    }

    /// <summary>Encodes text into a new array.</summary>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <param name="position">The position of the text.</param>
    /// <returns>The ids; none for an empty text.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes, and no unknown token.</exception>
    public int[] Encode(
        ReadOnlySpan<byte> text,
        SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText,
        TextPosition position = TextPosition.Start)
    {
        int[] ids = ArrayPool<int>.Shared.Rent(text.Length + 1);
        try
        {
            int start = 0;
            int count = 0;
            while (true)
            {
                TextPosition here = count == 0 ? position : PositionAfter(ids[count - 1]);
                OperationStatus status = Encode(text[start..], ids.AsSpan(count), out int consumed, out int written, specialTokens, here);
                start += consumed;
                count += written;
                switch (status)
                {
                    case OperationStatus.Done:
                        return ids[..count];
                    case OperationStatus.InvalidData:
                        int offset = start + IndexOfUnencodable(text[start..], specialTokens);
                        throw new TokenizationException(text[offset], offset);
                    default:
                        ids = Grown(ids, count);
                        break;
                }
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(ids);
        }
    }

    /// <summary>Encodes text into a new array.</summary>
    /// <param name="text">The text; a surrogate without its partner is encoded as U+FFFD.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <param name="position">The position of the text.</param>
    /// <returns>The ids; none for an empty text.</returns>
    /// <exception cref="TokenizationException">
    /// The vocabulary has no token for one of the bytes of the text's UTF-8 form, in which the exception's offset counts.
    /// </exception>
    public int[] Encode(
        string text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText, TextPosition position = TextPosition.Start)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetByteCount(text));
        try
        {
            int length = Encoding.UTF8.GetBytes(text, bytes);
            return Encode(bytes.AsSpan(0, length), specialTokens, position);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Encodes text into the caller's memory, as far as it goes; allocates nothing but pooled arrays.</summary>
    /// <remarks>
    /// Whole pieces of text are encoded, never a part of one, so that encoding may go on with <c>text[bytesConsumed..]</c>, at the position
    /// that <see cref="PositionAfter"/> gives for the last id, and gives the same ids as in one call. One id for each byte of text is
    /// room enough for a byte-level tokenizer; where a space is put before the text or characters are composed, it can take more.
    /// </remarks>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="ids">Where the ids are written.</param>
    /// <param name="bytesConsumed">How many bytes of the text the written ids represent.</param>
    /// <param name="idsWritten">How many ids were written.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <param name="position">The position of the text.</param>
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
        SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText,
        TextPosition position = TextPosition.Start)
    {
        bytesConsumed = 0;
        idsWritten = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = text[bytesConsumed..];
            AddedTokenMatch match = FindAddedToken(rest, specialTokens);
            OperationStatus status = EncodeBetween(
                rest[..match.Start], position, specialTokens, ids[idsWritten..], out int consumed, out int written);
            bytesConsumed += consumed;
            idsWritten += written;
            if (status != OperationStatus.Done || match.Id == NoToken)
            {
                return status;
            }

            if (idsWritten == ids.Length)
            {
                return OperationStatus.DestinationTooSmall;
            }

            ids[idsWritten++] = match.Id;
            bytesConsumed += match.Length;
            position = PositionAfter(match.Id);
        }
    }

    /// <summary>Encodes a text from its beginning: <see cref="BeginOfText"/>, where the model wants it, and the text.</summary>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="specialTokens">What to make of text that is written like a special token.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes, and no unknown token.</exception>
    public int[] EncodeDocument(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        int[] ids = Encode(text, specialTokens);
        return BeginOfText is { } begin ? [begin, .. ids] : ids;
    }

    /// <summary>Tells beforehand whether a text can be encoded.</summary>
    /// <param name="text">The text, UTF-8 or any bytes.</param>
    /// <param name="specialTokens">What encoding would make of text that is written like a special token.</param>
    /// <returns>
    /// Where the first byte is for which the vocabulary has no token, or -1 if all can be encoded: always where there is an unknown token.
    /// </returns>
    public int IndexOfUnencodable(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens = SpecialTokenHandling.AsText)
    {
        int start = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = text[start..];
            AddedTokenMatch match = FindAddedToken(rest, specialTokens);
            int missing = IndexOfUnencodablePlain(rest[..match.Start]);
            if (missing >= 0)
            {
                return start + missing;
            }

            if (match.Id == NoToken)
            {
                return -1;
            }

            start += match.Start + match.Length;
        }
    }

    /// <summary>The position of a text that follows a token.</summary>
    /// <param name="previous">The token's id, or a number below 0 if the text is the first thing.</param>
    /// <returns>
    /// <see cref="TextPosition.Start"/> at the start, and after tokens such as <c>&lt;/s&gt;</c> if the model says so.
    /// </returns>
    public TextPosition PositionAfter(int previous) =>
        previous < 0 || previous == BeginOfText
        || (Rules.PrefixAfterAddedTokens && Vocabulary.IsAdded(previous) && !Vocabulary.IsWithPrefix(previous))
            ? TextPosition.Start
            : TextPosition.Continuation;

    /// <summary>A token's bytes; empty for an id that is not used.</summary>
    /// <param name="id">0 to <see cref="VocabularySize"/> - 1.</param>
    /// <returns>The bytes. They need not be UTF-8: a token may end inside a character.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such id.</exception>
    public ReadOnlySpan<byte> TokenBytes(int id) => Vocabulary.TokenBytes(id);

    /// <summary>What a token adds to a text, which can depend on the token before it. Allocates nothing.</summary>
    /// <param name="id">0 to <see cref="VocabularySize"/> - 1.</param>
    /// <param name="previous">The id of the token before it, or a number below 0 if it is the text's first.</param>
    /// <returns>The bytes: <see cref="TokenBytes"/>, except for a space before or after them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no token <paramref name="id"/>.</exception>
    public virtual ReadOnlySpan<byte> BytesAfter(int previous, int id) => Vocabulary.TokenBytes(id);

    /// <summary>Joins the bytes of tokens in a new array.</summary>
    /// <param name="ids">The ids; special tokens give their text, unused ids nothing.</param>
    /// <param name="previous">The id of the token before them, or a number below 0 if they are a text's beginning.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">One of the ids does not exist.</exception>
    public byte[] Decode(ReadOnlySpan<int> ids, int previous = -1)
    {
        int length = 0;
        for (int index = 0; index < ids.Length; index++)
        {
            length = checked(length + BytesAfter(index == 0 ? previous : ids[index - 1], ids[index]).Length);
        }

        byte[] bytes = new byte[length];
        Decode(ids, bytes, out _, out _, previous);
        return bytes;
    }

    /// <summary>Joins the bytes of tokens in the caller's memory, as far as whole tokens fit. Allocates nothing.</summary>
    /// <param name="ids">The ids; special tokens give their text, unused ids nothing.</param>
    /// <param name="destination">Where the bytes are written.</param>
    /// <param name="idsConsumed">How many of the ids were written.</param>
    /// <param name="bytesWritten">How many bytes were written.</param>
    /// <param name="previous">The id of the token before them, or a number below 0 if they are a text's beginning.</param>
    /// <returns>Whether all ids were written; if not, the next token does not fit.</returns>
    /// <exception cref="ArgumentOutOfRangeException">One of the ids does not exist.</exception>
    public bool Decode(ReadOnlySpan<int> ids, Span<byte> destination, out int idsConsumed, out int bytesWritten, int previous = -1)
    {
        idsConsumed = 0;
        bytesWritten = 0;
        foreach (int id in ids)
        {
            ReadOnlySpan<byte> bytes = BytesAfter(previous, id);
            if (!bytes.TryCopyTo(destination[bytesWritten..]))
            {
                return false;
            }

            previous = id;
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

    /// <summary>The first added token to be recognized, or a match after the text with no token.</summary>
    internal AddedTokenMatch FindAddedToken(ReadOnlySpan<byte> text, SpecialTokenHandling specialTokens) =>
        (specialTokens == SpecialTokenHandling.Recognize ? _allAddedTokens : _userDefinedTokens).Find(text);

    /// <summary>The first added token in the text of a chat template, where every one is recognized as it is written.</summary>
    internal AddedTokenMatch FindMark(ReadOnlySpan<byte> text) => _marks.Find(text);

    /// <summary>The vocabulary, if it is of a kind.</summary>
    private protected static TokenVocabulary RequireKind(TokenVocabulary vocabulary, TokenizerKind kind)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return vocabulary.Rules.Kind == kind ? vocabulary
            : throw new ArgumentException($"The vocabulary is for another kind of tokenizer: {nameof(Tokenizer)}.{nameof(Create)} makes it.");
    }

    /// <summary>Encodes text in which no added token is looked for, piece by piece.</summary>
    private protected abstract OperationStatus EncodePlain(
        ReadOnlySpan<byte> text, TextPosition position, Span<int> ids, out int bytesConsumed, out int idsWritten);

    /// <summary>Where the first byte of such text is that cannot be encoded, or -1.</summary>
    private protected virtual int IndexOfUnencodablePlain(ReadOnlySpan<byte> text) => -1;

    private static int[] Grown(int[] ids, int count)
    {
        int[] grown = ArrayPool<int>.Shared.Rent(checked(2 * ids.Length));
        ids.AsSpan(0, count).CopyTo(grown);
        ArrayPool<int>.Shared.Return(ids);
        return grown;
    }
}
