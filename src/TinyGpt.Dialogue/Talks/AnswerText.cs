using System.Buffers;
using System.Text;

namespace TinyGpt.Dialogue.Talks;

/// <summary>Which tokens of an answer belong to the part of its text that was shown. Not thread-safe; grows to the longest answer.</summary>
internal sealed class AnswerText(Tokenizer tokenizer)
{
    /// <summary>Bytes of U+FFFD in UTF-8.</summary>
    public const int ReplacementLength = 3;

    private byte[] _bytes = new byte[1 << 14];

    /// <summary>Cuts an answer's tokens at a length of its text.</summary>
    /// <param name="tokens">The answer.</param>
    /// <param name="previous">The token before it.</param>
    /// <param name="shown">Bytes of the text, in which invalid bytes count as a U+FFFD each.</param>
    /// <param name="rest">Receives tokens that spell the part of a token that was shown.</param>
    /// <param name="restLength">How many there are.</param>
    /// <param name="textLength">Bytes of the kept tokens' text.</param>
    /// <returns>How many of the answer's tokens are kept.</returns>
    public int Cut(ReadOnlySpan<int> tokens, int previous, int shown, Span<int> rest, out int restLength, out int textLength)
    {
        ReadOnlySpan<byte> text = Decode(tokens, previous);
        textLength = RawLength(text, shown);
        int kept = CountWithin(tokens, previous, textLength, out int end);
        restLength = 0;
        if (end < textLength && Encode(text[end..textLength], rest, out restLength) != OperationStatus.Done)
        {
            restLength = 0; // a vocabulary without these bytes by themselves: the part of the token is forgotten
            textLength = end;
        }

        return kept;
    }

    /// <summary>How many tokens are wholly within the first bytes of their text, and how many bytes these are.</summary>
    public int CountWithin(ReadOnlySpan<int> tokens, int previous, int textLength, out int bytes)
    {
        int count = 0;
        bytes = 0;
        while (count < tokens.Length)
        {
            int length = BytesOf(tokens, previous, count).Length;
            if (bytes + length > textLength)
            {
                break;
            }

            bytes += length;
            count++;
        }

        return count;
    }

    /// <summary>The bytes of a turn's tokens, all of them. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Decode(ReadOnlySpan<int> turn) => Decode(turn, turn.IsEmpty ? 0 : turn[0]);

    /// <summary>The bytes of tokens that follow another. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Decode(ReadOnlySpan<int> tokens, int previous)
    {
        int length = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            length += BytesOf(tokens, previous, i).Length;
        }

        if (length > _bytes.Length)
        {
            _bytes = new byte[2 * length];
        }

        length = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            ReadOnlySpan<byte> bytes = BytesOf(tokens, previous, i);
            bytes.CopyTo(_bytes.AsSpan(length));
            length += bytes.Length;
        }

        return _bytes.AsSpan(0, length);
    }

    /// <summary>Bytes of a text as it is shown: an invalid part of it is a U+FFFD.</summary>
    public static int ShownLength(ReadOnlySpan<byte> text)
    {
        int shown = 0;
        for (int at = 0; at < text.Length;)
        {
            bool valid = Rune.DecodeFromUtf8(text[at..], out _, out int length) == OperationStatus.Done;
            shown += valid ? length : ReplacementLength;
            at += length;
        }

        return shown;
    }

    /// <summary>What a token adds to a text. Turns are never a text's beginning, so that their first token may be taken to follow itself.</summary>
    private ReadOnlySpan<byte> BytesOf(ReadOnlySpan<int> tokens, int previous, int index)
    {
        int token = tokens[index];

        // A model may have more ids than its tokenizer has texts.
        return token < tokenizer.VocabularySize ? tokenizer.BytesAfter(index == 0 ? previous : tokens[index - 1], token) : [];
    }

    private OperationStatus Encode(ReadOnlySpan<byte> text, Span<int> ids, out int length) =>
        tokenizer.Encode(text, ids, out _, out length, position: TextPosition.Continuation);

    private static int RawLength(ReadOnlySpan<byte> text, int shown)
    {
        int raw = 0;
        while (raw < text.Length)
        {
            bool valid = Rune.DecodeFromUtf8(text[raw..], out _, out int length) == OperationStatus.Done;
            shown -= valid ? length : ReplacementLength;
            if (shown < 0)
            {
                break;
            }

            raw += length;
        }

        return raw;
    }
}
