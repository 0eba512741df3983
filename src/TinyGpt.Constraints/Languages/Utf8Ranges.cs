namespace TinyGpt.Constraints.Languages;

/// <summary>Cuts ranges of code points into sequences of byte ranges, so that each sequence is every combination of its bytes.</summary>
internal static class Utf8Ranges
{
    /// <summary>The most bytes of a code point.</summary>
    public const int MaxLength = 4;

    private const int ContinuationBits = 6;
    private const int ContinuationMask = 0x3F;

    private static readonly int[] LastOfLength = [0x7F, 0x7FF, 0xFFFF, 0x10FFFF];
    private static readonly int[] Lead = [0, 0xC0, 0xE0, 0xF0];

    /// <summary>Byte ranges of one to four bytes.</summary>
    internal readonly record struct Sequence(int First, int Last, int Length)
    {
        /// <summary>Writes the bytes of each place.</summary>
        /// <returns>How many there are.</returns>
        public int CopyTo(Span<ByteSet> bytes)
        {
            for (int i = 0; i < Length; i++)
            {
                bytes[i] = ByteSet.Range(ByteAt(First, i), ByteAt(Last, i));
            }

            return Length;
        }

        private byte ByteAt(int codePoint, int index)
        {
            int shifted = codePoint >> (ContinuationBits * (Length - 1 - index));
            return (byte)(index == 0 ? Lead[Length - 1] | shifted : 0x80 | (shifted & ContinuationMask));
        }
    }

    /// <summary>Cuts a range.</summary>
    /// <param name="first">The first code point; no surrogate.</param>
    /// <param name="last">The last one; no surrogate between.</param>
    public static List<Sequence> Split(int first, int last)
    {
        List<Sequence> sequences = [];
        int start = first;
        for (int length = 1; length <= MaxLength && start <= last; length++)
        {
            int end = Math.Min(last, LastOfLength[length - 1]);
            if (start <= end)
            {
                SplitLength(sequences, start, end, length);
                start = end + 1;
            }
        }

        return sequences;
    }

    /// <summary>Cuts where the bytes after the first different one do not run from the lowest to the highest.</summary>
    private static void SplitLength(List<Sequence> sequences, int first, int last, int length)
    {
        for (int bytes = length - 1; bytes > 0; bytes--)
        {
            int mask = (1 << (ContinuationBits * bytes)) - 1;
            if ((first & ~mask) == (last & ~mask))
            {
                continue;
            }

            if ((first & mask) != 0)
            {
                SplitLength(sequences, first, first | mask, length);
                SplitLength(sequences, (first | mask) + 1, last, length);
                return;
            }

            if ((last & mask) != mask)
            {
                SplitLength(sequences, first, (last & ~mask) - 1, length);
                SplitLength(sequences, last & ~mask, last, length);
                return;
            }
        }

        sequences.Add(new Sequence(first, last, length));
    }
}
