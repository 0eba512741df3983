using System.Buffers;
using System.Text;

namespace TinyGpt.Constraints.Vocabularies;

/// <summary>
/// Tokens that are ordinary text: whole characters, none of which a JSON string would escape, up to <see cref="MaxCharacters"/>. Most of
/// a vocabulary is, and wherever any such character may come they are all allowed together, so that only the other tokens need be walked.
/// </summary>
internal sealed class TextSlices
{
    /// <summary>The most characters that are counted.</summary>
    public const int MaxCharacters = 16;

    private readonly ulong[][] _upTo = new ulong[MaxCharacters + 1][];

    /// <summary>Sorts the tokens.</summary>
    /// <param name="texts">Their bytes.</param>
    /// <param name="ids">The tokens to sort.</param>
    /// <param name="words">Numbers of 64 bits of a token set.</param>
    public TextSlices(byte[][] texts, ReadOnlySpan<int> ids, int words)
    {
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

        Others = new TokenTrie(texts, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(others));
    }

    /// <summary>The tokens that are not ordinary text, or too long.</summary>
    public TokenTrie Others { get; }

    /// <summary>Bytes that they hold.</summary>
    public long Bytes => ((MaxCharacters + 1) * _upTo[0].LongLength * sizeof(ulong)) + Others.Bytes;

    /// <summary>Whether a byte of ASCII is ordinary text.</summary>
    public static bool IsPlain(byte value) => value is >= 0x20 and < 0x7F and not (byte)'"' and not (byte)'\\';

    /// <summary>The tokens of at most so many characters.</summary>
    public ReadOnlySpan<ulong> UpTo(int characters) => _upTo[characters];

    /// <summary>The characters of an ordinary text, or 0 for any other.</summary>
    private static int CountCharacters(ReadOnlySpan<byte> text)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            if (text[0] < 0x80)
            {
                if (!IsPlain(text[0]))
                {
                    return 0;
                }

                text = text[1..];
            }
            else if (Rune.DecodeFromUtf8(text, out _, out int consumed) == OperationStatus.Done)
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
