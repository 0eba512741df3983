using System.Buffers;

namespace TinyGpt.Text;

/// <summary>Finds special tokens in text: the earliest one, and of several that begin there the longest.</summary>
internal sealed class SpecialTokenMatcher
{
    private readonly TokenVocabulary _vocabulary;
    private readonly int[] _ids; // longest token first
    private readonly SearchValues<byte> _firstBytes;

    internal SpecialTokenMatcher(TokenVocabulary vocabulary)
    {
        _vocabulary = vocabulary;
        _ids = new int[vocabulary.SpecialTokens.Length];
        byte[] firstBytes = new byte[_ids.Length];
        for (int index = 0; index < _ids.Length; index++)
        {
            _ids[index] = vocabulary.SpecialTokens[index].Id;
            firstBytes[index] = vocabulary.TokenBytes(_ids[index])[0];
        }

        Array.Sort(_ids, (a, b) => vocabulary.TokenBytes(b).Length.CompareTo(vocabulary.TokenBytes(a).Length));
        _firstBytes = SearchValues.Create(firstBytes);
    }

    /// <summary>Finds the first special token.</summary>
    /// <param name="text">The text.</param>
    /// <param name="offset">Where the token is; the text's length if there is none.</param>
    /// <param name="id">Its id, or -1.</param>
    /// <returns>Whether there is one.</returns>
    internal bool TryFind(ReadOnlySpan<byte> text, out int offset, out int id)
    {
        offset = 0;
        while (text[offset..].IndexOfAny(_firstBytes) is var skipped and >= 0)
        {
            offset += skipped;
            foreach (int candidate in _ids)
            {
                if (text[offset..].StartsWith(_vocabulary.TokenBytes(candidate)))
                {
                    id = candidate;
                    return true;
                }
            }

            offset++;
        }

        offset = text.Length;
        id = -1;
        return false;
    }
}
