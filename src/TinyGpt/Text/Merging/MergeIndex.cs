using System.Numerics;

namespace TinyGpt.Text.Merging;

/// <summary>Finds a merge by its two tokens. Open addressing with linear probing, at most half full.</summary>
/// <remarks>The hash is seeded anew in every process, so that no file can be made whose merges all collide.</remarks>
internal sealed class MergeIndex
{
    /// <summary>The rank of a pair that never merges; greater than every rank.</summary>
    internal const int NoMerge = int.MaxValue;

    private readonly TokenMerge[] _merges;
    private readonly int[] _slots; // rank + 1, or 0 where the slot is free
    private readonly int _mask;

    /// <summary>Makes an empty index over merges in the order of their ranks.</summary>
    internal MergeIndex(TokenMerge[] merges)
    {
        _merges = merges;
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)(merges.Length * 2) + 1);
        _slots = new int[slots];
        _mask = slots - 1;
    }

    /// <summary>Adds a merge.</summary>
    /// <returns>Whether its pair was new; if not, <paramref name="existing"/> is the rank that the pair already has.</returns>
    internal bool TryAdd(int rank, out int existing)
    {
        int slot = FindSlot(_merges[rank].Left, _merges[rank].Right);
        existing = _slots[slot] - 1;
        if (existing >= 0)
        {
            return false;
        }

        _slots[slot] = rank + 1;
        return true;
    }

    /// <summary>The pair's rank, or <see cref="NoMerge"/>.</summary>
    internal int Find(int left, int right)
    {
        int rank = _slots[FindSlot(left, right)] - 1;
        return rank < 0 ? NoMerge : rank;
    }

    /// <summary>The token that the merge of this rank makes.</summary>
    internal int Result(int rank) => _merges[rank].Result;

    private int FindSlot(int left, int right)
    {
        int slot = HashCode.Combine(left, right) & _mask;
        while (_slots[slot] is not 0 and int entry && (_merges[entry - 1].Left != left || _merges[entry - 1].Right != right))
        {
            slot = (slot + 1) & _mask;
        }

        return slot;
    }
}
