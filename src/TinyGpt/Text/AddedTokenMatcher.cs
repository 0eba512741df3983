using System.Buffers;
using System.Text;

namespace TinyGpt.Text;

/// <summary>An added token in a text.</summary>
/// <param name="Start">Where it begins, the white space that it swallows included; the text's length if there is none.</param>
/// <param name="Length">Its bytes, likewise.</param>
/// <param name="Id">Its id, or -1.</param>
internal readonly record struct AddedTokenMatch(int Start, int Length, int Id);

/// <summary>Finds added tokens in text: the earliest one, and of several that begin there the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly TokenVocabulary _vocabulary;
    private readonly AddedToken[] _tokens; // by first byte, those with the same the longest first
    private readonly int[] _firstWith; // for each first byte, where its tokens begin in _tokens; one more for the end
    private readonly SearchValues<byte> _firstBytes;

    internal AddedTokenMatcher(TokenVocabulary vocabulary, ReadOnlySpan<AddedToken> tokens)
    {
        _vocabulary = vocabulary;
        _tokens = tokens.ToArray();
        _firstWith = new int[257];
        byte[] firstBytes = new byte[_tokens.Length];
        for (int index = 0; index < _tokens.Length; index++)
        {
            firstBytes[index] = vocabulary.TokenBytes(_tokens[index].Id)[0];
            _firstWith[firstBytes[index] + 1]++;
        }

        for (int value = 0; value < 256; value++)
        {
            _firstWith[value + 1] += _firstWith[value];
        }

        Array.Sort(_tokens, (a, b) => Compare(vocabulary.TokenBytes(a.Id), vocabulary.TokenBytes(b.Id)));
        _firstBytes = SearchValues.Create(firstBytes);
    }

    /// <summary>Whether there is nothing to find.</summary>
    internal bool IsEmpty => _tokens.Length == 0;

    /// <summary>Finds the first added token.</summary>
    internal AddedTokenMatch Find(ReadOnlySpan<byte> text)
    {
        int offset = 0;
        while (_tokens.Length > 0 && text[offset..].IndexOfAny(_firstBytes) is var skipped and >= 0)
        {
            offset += skipped;
            ReadOnlySpan<byte> rest = text[offset..];
            foreach (AddedToken candidate in _tokens.AsSpan(_firstWith[rest[0]].._firstWith[rest[0] + 1]))
            {
                ReadOnlySpan<byte> bytes = _vocabulary.TokenBytes(candidate.Id);
                if (rest.StartsWith(bytes))
                {
                    int start = (candidate.Traits & AddedTokenTraits.StripsLeft) != 0 ? EndWithoutSpaces(text[..offset]) : offset;
                    int end = offset + bytes.Length;
                    end += (candidate.Traits & AddedTokenTraits.StripsRight) != 0 ? LeadingSpaces(text[end..]) : 0;
                    return new AddedTokenMatch(start, end - start, candidate.Id);
                }
            }

            offset++;
        }

        return new AddedTokenMatch(text.Length, 0, -1);
    }

    private static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) => a[0] != b[0] ? a[0].CompareTo(b[0]) : b.Length.CompareTo(a.Length);

    private static int EndWithoutSpaces(ReadOnlySpan<byte> text)
    {
        int end = text.Length;
        while (end > 0 && Rune.DecodeLastFromUtf8(text[..end], out Rune rune, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(rune))
        {
            end -= length;
        }

        return end;
    }

    private static int LeadingSpaces(ReadOnlySpan<byte> text)
    {
        int start = 0;
        while (Rune.DecodeFromUtf8(text[start..], out Rune rune, out int length) == OperationStatus.Done && Rune.IsWhiteSpace(rune))
        {
            start += length;
        }

        return start;
    }
}
