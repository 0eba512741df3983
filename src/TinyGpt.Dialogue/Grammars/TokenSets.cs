using System.Runtime.InteropServices;

namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// The tokens that can follow each state: few as a list, many as bits, and sets that are equal kept once. Immutable once it is filled.
/// </summary>
internal sealed class TokenSets(int states, int tokens)
{
    // A list of so many ids takes less memory than bits for 50,000 tokens, and no more time.
    private const int MostListed = 512;
    private const int BitsInWord = 64;

    private readonly int[] _setOf = new int[states];
    private readonly List<int[]?> _lists = [];
    private readonly List<ulong[]?> _bits = [];
    private readonly Dictionary<int, List<int>> _byHash = [];

    /// <summary>Ids are below this.</summary>
    public int Tokens => tokens;

    /// <summary>Says what follows a state.</summary>
    public void Add(int state, List<int> ids)
    {
        bool listed = ids.Count <= MostListed;
        int[]? list = null;
        ulong[]? bits = null;
        HashCode hash = default;
        if (listed)
        {
            list = [.. ids];
            Array.Sort(list);
            hash.AddBytes(MemoryMarshal.AsBytes(list.AsSpan()));
        }
        else
        {
            bits = new ulong[(tokens + BitsInWord - 1) / BitsInWord];
            foreach (int id in ids)
            {
                bits[id / BitsInWord] |= 1UL << (id % BitsInWord);
            }

            hash.AddBytes(MemoryMarshal.AsBytes(bits.AsSpan()));
        }

        ref List<int>? sameHash = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, hash.ToHashCode(), out _);
        sameHash ??= [];
        foreach (int known in sameHash)
        {
            if (listed ? _lists[known].AsSpan().SequenceEqual(list) && _lists[known] is not null
                : _bits[known].AsSpan().SequenceEqual(bits) && _bits[known] is not null)
            {
                _setOf[state] = known;
                return;
            }
        }

        _setOf[state] = _lists.Count;
        sameHash.Add(_lists.Count);
        _lists.Add(list);
        _bits.Add(bits);
    }

    /// <summary>Sets the bits of what follows a state.</summary>
    public void Allow(int state, Span<ulong> allowed)
    {
        int set = _setOf[state];
        if (_bits[set] is { } bits)
        {
            bits.CopyTo(allowed);
            return;
        }

        foreach (int id in _lists[set]!)
        {
            allowed[id / BitsInWord] |= 1UL << (id % BitsInWord);
        }
    }
}
