using System.Buffers;
using System.Runtime.CompilerServices;

namespace TinyGpt.Text.Merging;

/// <summary>Merges the tokens of one piece by their ranks: a short one by looking at all of its pairs for each merge, which is fastest there.</summary>
internal static class PieceMerger
{
    /// <summary>The most tokens of a short piece; longer ones go to <see cref="MergeLong"/>.</summary>
    internal const int MostTokens = 48;

    /// <summary>Merges the pair of the lowest rank, the leftmost among equals, until no pair merges.</summary>
    /// <param name="tokens">The tokens, at most <see cref="MostTokens"/>; the result is written to their start.</param>
    /// <param name="merges">The merges.</param>
    /// <returns>How many tokens are left.</returns>
    [SkipLocalsInit]
    internal static int Merge(Span<int> tokens, MergeIndex merges)
    {
        Span<int> ranks = stackalloc int[MostTokens];
        ranks = ranks[..tokens.Length]; // ranks[i]: of the pair (i, i + 1); the last token has none
        for (int left = 0; left < tokens.Length - 1; left++)
        {
            ranks[left] = merges.Find(tokens[left], tokens[left + 1]);
        }

        int count = tokens.Length;
        while (count > 1)
        {
            int best = 0;
            for (int left = 1; left < count - 1; left++)
            {
                if (ranks[left] < ranks[best])
                {
                    best = left;
                }
            }

            if (ranks[best] == MergeIndex.NoMerge)
            {
                break;
            }

            tokens[best] = merges.Result(ranks[best]);
            tokens[(best + 2)..count].CopyTo(tokens[(best + 1)..]);
            ranks[(best + 2)..count].CopyTo(ranks[(best + 1)..]);
            count--;
            if (best < count - 1)
            {
                ranks[best] = merges.Find(tokens[best], tokens[best + 1]);
            }

            if (best > 0)
            {
                ranks[best - 1] = merges.Find(tokens[best - 1], tokens[best]);
            }
        }

        return count;
    }

    /// <summary>Does the same for a piece of any length.</summary>
    /// <param name="tokens">The tokens, 1 or more.</param>
    /// <param name="merges">The merges.</param>
    /// <param name="ids">Receives the result.</param>
    /// <param name="written">How many tokens are left; 0 if they do not fit.</param>
    /// <returns>Whether they fit.</returns>
    internal static bool MergeLong(ReadOnlySpan<int> tokens, MergeIndex merges, Span<int> ids, out int written)
    {
        int[] storage = ArrayPool<int>.Shared.Rent(checked(tokens.Length * SymbolMerger<RankedPairs>.StoragePerByte));
        ulong[] heap = ArrayPool<ulong>.Shared.Rent(checked(tokens.Length * SymbolMerger<RankedPairs>.HeapPerByte));
        try
        {
            SymbolMerger<RankedPairs> merger = new(tokens.Length, new RankedPairs(merges), storage, heap);
            for (int position = 0; position < tokens.Length; position++)
            {
                merger.Append(position, tokens[position]);
            }

            merger.Merge();
            written = merger.Count <= ids.Length ? merger.Count : 0;
            if (written > 0)
            {
                merger.CopyTo(ids);
            }

            return written > 0;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(storage);
            ArrayPool<ulong>.Shared.Return(heap);
        }
    }
}
