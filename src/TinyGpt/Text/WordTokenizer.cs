using System.Buffers;
using System.Globalization;
using System.Text;
using TinyGpt.Text;
using TinyGpt.Text.Merging;
using TinyGpt.Text.Unicode;

namespace TinyGpt;

/// <summary>
/// GPT-1's byte-pair encoding: text is normalized as the model wants it (lower case without accents), split into words and punctuation marks,
/// and the characters of a word merge, the last of which is marked as the word's end. Characters without a token become the unknown token.
/// Decoding gives words with one space between. Immutable and thread-safe.
/// </summary>
public sealed class WordTokenizer : Tokenizer
{
    private readonly byte[] _spaced; // the texts of all tokens in the order of ids, without the mark and after a space
    private readonly int[] _starts;

    /// <summary>Makes a tokenizer.</summary>
    /// <param name="vocabulary">Its tokens, in which a space at the end is the mark of a word's end.</param>
    /// <exception cref="ArgumentException">The vocabulary is of another kind: <see cref="Tokenizer.Create"/> makes its tokenizer.</exception>
    public WordTokenizer(TokenVocabulary vocabulary)
        : base(RequireKind(vocabulary, TokenizerKind.Words))
    {
        _starts = new int[vocabulary.Count + 1];
        ArrayBufferWriter<byte> spaced = new(vocabulary.Content.Blob.Length + vocabulary.Count);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            spaced.Write(" "u8);
            spaced.Write(vocabulary.TokenBytes(id)[..^(EndsWord(id) ? 1 : 0)]);
            _starts[id + 1] = spaced.WrittenCount;
        }

        _spaced = spaced.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    /// <remarks>A word's end becomes a space once another token follows.</remarks>
    public override ReadOnlySpan<byte> BytesAfter(int previous, int id)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)id, (uint)VocabularySize, nameof(id));
        ReadOnlySpan<byte> spaced = _spaced.AsSpan(_starts[id].._starts[id + 1]);
        return spaced.Length > 1 && (uint)previous < (uint)VocabularySize && EndsWord(previous) ? spaced : spaced[1..];
    }

    private protected override OperationStatus EncodePlain(
        ReadOnlySpan<byte> text, TextPosition position, Span<int> ids, out int bytesConsumed, out int idsWritten)
    {
        bytesConsumed = 0;
        idsWritten = 0;
        PooledBytes normalized = new(text.Length);
        PooledBytes words = new(text.Length + 1);
        int[] tokens = [];
        try
        {
            TextNormalizer.Normalize(text, Rules.Normalization, ref normalized);
            MarkWords(normalized.Span, ref words);
            tokens = ArrayPool<int>.Shared.Rent(words.Length);
            ReadOnlySpan<byte> rest = words.Span;
            while (!rest.IsEmpty)
            {
                int length = rest.IndexOf((byte)' ') + 1;
                if (!EncodeWord(rest[..length], tokens, ids[idsWritten..], out int written))
                {
                    idsWritten = 0; // what was normalized is not what was given, so that it is all or nothing
                    return OperationStatus.DestinationTooSmall;
                }

                rest = rest[length..];
                idsWritten += written;
            }

            bytesConsumed = text.Length;
            return OperationStatus.Done;
        }
        finally
        {
            normalized.Dispose();
            words.Dispose();
            ArrayPool<int>.Shared.Return(tokens);
        }
    }

    /// <summary>Appends the words and punctuation marks of a text, each with the mark of its end.</summary>
    private static void MarkWords(ReadOnlySpan<byte> text, ref PooledBytes words)
    {
        bool inWord = false;
        while (!text.IsEmpty)
        {
            bool isValid = Rune.DecodeFromUtf8(text, out Rune rune, out int length) == OperationStatus.Done;
            bool isSpace = isValid && Rune.IsWhiteSpace(rune);
            bool isMark = isValid && !isSpace && IsPunctuation(rune);
            if (inWord && (isSpace || isMark))
            {
                words.Append((byte)' ');
            }

            if (!isSpace)
            {
                words.Append(text[..length]);
            }

            if (isMark)
            {
                words.Append((byte)' ');
            }

            inWord = !isSpace && !isMark;
            text = text[length..];
        }

        if (inWord)
        {
            words.Append((byte)' ');
        }
    }

    private static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? rune.Value > ' ' && rune.Value < 0x7F && !Rune.IsLetterOrDigit(rune)
        : Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    private bool EncodeWord(ReadOnlySpan<byte> word, Span<int> tokens, Span<int> ids, out int written)
    {
        int count = 0;
        while (!word.IsEmpty)
        {
            Rune.DecodeFromUtf8(word, out _, out int length);
            length += length == word.Length - 1 ? 1 : 0; // the last character has the mark
            tokens[count++] = Vocabulary.TryGetId(word[..length], out int id) && !Vocabulary.IsAdded(id) ? id : Rules.Unknown!.Value;
            word = word[length..];
        }

        tokens = tokens[..count];
        if (count > PieceMerger.MostTokens)
        {
            return PieceMerger.MergeLong(tokens, Vocabulary.MergeIndex, ids, out written);
        }

        written = PieceMerger.Merge(tokens, Vocabulary.MergeIndex);
        return tokens[..written].TryCopyTo(ids);
    }

    private bool EndsWord(int id) => Vocabulary.TokenBytes(id) is [.., (byte)' '] && !Vocabulary.IsAdded(id);
}
