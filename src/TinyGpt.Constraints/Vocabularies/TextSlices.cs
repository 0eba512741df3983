using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace TinyGpt.Constraints.Vocabularies;

/// <summary>
/// Tokens that consist of ordinary characters alone, up to <see cref="MaxCharacters"/>. Most of a vocabulary does, and wherever all such
/// characters may come these tokens are allowed together, so that only the others need be walked.
/// </summary>
internal sealed class TextSlices
{
    /// <summary>The most characters that are counted.</summary>
    public const int MaxCharacters = 16;

    private readonly ulong[][] _upTo = new ulong[MaxCharacters + 1][];

    /// <summary>Sorts the tokens.</summary>
    /// <param name="characters">Which characters are ordinary.</param>
    /// <param name="texts">The tokens' bytes.</param>
    /// <param name="ids">The tokens to sort.</param>
    /// <param name="words">Numbers of 64 bits of a token set.</param>
    public TextSlices(OrdinaryCharacters characters, byte[][] texts, ReadOnlySpan<int> ids, int words)
    {
        Characters = characters;
        List<int> others = [];
        for (int i = 0; i <= MaxCharacters; i++)
        {
            _upTo[i] = new ulong[words];
        }

        foreach (int id in ids)
        {
            int count = CountCharacters(texts[id]);
            if (count is 0 or > MaxCharacters)
            {
                others.Add(id);
                continue;
            }

            for (int i = count; i <= MaxCharacters; i++)
            {
                _upTo[i][id / 64] |= 1UL << (id % 64);
            }
        }

        Others = new TokenTrie(texts, CollectionsMarshal.AsSpan(others));
    }

    /// <summary>Which characters are ordinary.</summary>
    public OrdinaryCharacters Characters { get; }

    /// <summary>The tokens that have other characters, or too many.</summary>
    public TokenTrie Others { get; }

    /// <summary>Bytes that they hold.</summary>
    public long Bytes => ((MaxCharacters + 1) * _upTo[0].LongLength * sizeof(ulong)) + Others.Bytes;

    /// <summary>The tokens of at most the given number of characters.</summary>
    public ReadOnlySpan<ulong> UpTo(int characters) => _upTo[characters];

    /// <summary>The characters of an ordinary text, or 0 for any other.</summary>
    private int CountCharacters(ReadOnlySpan<byte> text)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            if (text[0] < 0x80)
            {
                if (!Characters.Ascii.Contains(text[0]))
                {
                    return 0;
                }

                text = text[1..];
            }
            else if (Characters.IsUnicode && Rune.DecodeFromUtf8(text, out Rune rune, out int consumed) == OperationStatus.Done
                && !OrdinaryCharacters.IsSeparator(rune.Value))
            {
                text = text[consumed..];
            }
            else
            {
                return 0;
            }

            count++;
        }

        return count;
    }
}
