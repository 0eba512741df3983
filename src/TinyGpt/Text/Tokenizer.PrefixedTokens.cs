using System.Buffers;
using TinyGpt.Text;

namespace TinyGpt;

/// <content>Tokens that are looked for in text that already has its prefix space.</content>
public abstract partial class Tokenizer
{
    /// <summary>
    /// Finds the first token that is looked for together with the prefix space: at the start of text that gets one, or after a space, which
    /// belongs to it.
    /// </summary>
    /// <param name="text">Text without other added tokens.</param>
    /// <param name="position">The position of the text.</param>
    /// <param name="matcher">The tokens.</param>
    /// <param name="spaceIsPrefix">Whether the text before the token is one space, which the prefix space replaces.</param>
    private static AddedTokenMatch FindPrefixedToken(
        ReadOnlySpan<byte> text, TextPosition position, AddedTokenMatcher matcher, out bool spaceIsPrefix)
    {
        spaceIsPrefix = false;
        for (int offset = 0; offset < text.Length;)
        {
            (int start, int length, int id) = matcher.Find(text[offset..]);
            start += offset;
            if (id == NoToken)
            {
                break;
            }

            if (start == 0 && position == TextPosition.Start)
            {
                return new AddedTokenMatch(0, length, id);
            }

            if (start > 0 && text[start - 1] == ' ')
            {
                spaceIsPrefix = start == 1 && position == TextPosition.Start;
                return spaceIsPrefix ? new AddedTokenMatch(1, length, id) : new AddedTokenMatch(start - 1, length + 1, id);
            }

            offset = start + 1;
        }

        return new AddedTokenMatch(text.Length, 0, NoToken);
    }

    /// <summary>Encodes text between added tokens that are looked for in text as it is written.</summary>
    private OperationStatus EncodeBetween(
        ReadOnlySpan<byte> text,
        TextPosition position,
        SpecialTokenHandling specialTokens,
        Span<int> ids,
        out int bytesConsumed,
        out int idsWritten)
    {
        AddedTokenMatcher matcher = specialTokens == SpecialTokenHandling.Recognize ? _allPrefixedTokens : _userDefinedPrefixedTokens;
        if (matcher.IsEmpty)
        {
            return EncodePlain(text, position, ids, out bytesConsumed, out idsWritten);
        }

        bytesConsumed = 0;
        idsWritten = 0;
        while (true)
        {
            ReadOnlySpan<byte> rest = text[bytesConsumed..];
            AddedTokenMatch match = FindPrefixedToken(rest, position, matcher, out bool spaceIsPrefix);
            OperationStatus status = EncodePlain(
                rest[..match.Start], spaceIsPrefix ? TextPosition.Continuation : position, ids[idsWritten..], out int consumed, out int written);
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
            position = TextPosition.Continuation;
        }
    }
}
