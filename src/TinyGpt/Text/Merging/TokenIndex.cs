using System.Numerics;

namespace TinyGpt.Text.Merging;

/// <summary>Finds a token's id by its bytes. Open addressing with linear probing, at most three quarters full.</summary>
/// <remarks>The hash is seeded anew in every process, so that no file can be made whose tokens all collide.</remarks>
internal sealed class TokenIndex
{
    private readonly byte[] _blob;
    private readonly int[] _starts;
    private readonly int[] _slots; // id + 1, or 0 where the slot is free
    private readonly int _mask;

    /// <summary>Makes an empty index over tokens in a blob.</summary>
    internal TokenIndex(byte[] blob, int[] starts)
    {
        _blob = blob;
        _starts = starts;
        int slots = (int)BitOperations.RoundUpToPowerOf2((uint)(starts.Length * 4L / 3) + 1);
        _slots = new int[slots];
        _mask = slots - 1;
    }

    /// <summary>Adds a token.</summary>
    /// <returns>Whether it was new; if not, <paramref name="existing"/> is the id that has the same bytes.</returns>
    internal bool TryAdd(int id, out int existing)
    {
        int slot = FindSlot(Bytes(id));
        existing = _slots[slot] - 1;
        if (existing >= 0)
        {
            return false;
        }

        _slots[slot] = id + 1;
        return true;
    }

    internal bool TryFind(ReadOnlySpan<byte> bytes, out int id)
    {
        id = _slots[FindSlot(bytes)] - 1;
        return id >= 0;
    }

    private int FindSlot(ReadOnlySpan<byte> bytes)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        int slot = hash.ToHashCode() & _mask;
        while (_slots[slot] != 0 && !Bytes(_slots[slot] - 1).SequenceEqual(bytes))
        {
            slot = (slot + 1) & _mask;
        }

        return slot;
    }

    private ReadOnlySpan<byte> Bytes(int id) => _blob.AsSpan(_starts[id].._starts[id + 1]);
}
