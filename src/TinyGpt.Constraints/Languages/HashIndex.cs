namespace TinyGpt.Constraints.Languages;

/// <summary>
/// Finds the number of an entry by its hash: chains through a list of entries that the owner keeps. Entries are added with ascending
/// numbers and taken away from the end alone.
/// </summary>
internal struct HashIndex
{
    private const int None = -1;

    private int[] _heads;
    private GrowingArray<(int Hash, int Next)> _entries;

    public HashIndex(int capacity)
    {
        _heads = new int[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16))];
        _heads.AsSpan().Fill(None);
        _entries = new GrowingArray<(int, int)>(capacity);
    }

    /// <summary>How many entries there are.</summary>
    public readonly int Count => _entries.Count;

    /// <summary>Bytes of the chains.</summary>
    public readonly MemoryCount Memory => _entries.Memory + new MemoryCount(_entries.Count * (long)sizeof(int), _heads.Length * (long)sizeof(int));

    /// <summary>The newest entry that may have a hash, or -1.</summary>
    public readonly int First(int hash) => Skip(_heads[hash & (_heads.Length - 1)], hash);

    /// <summary>The next older one, or -1.</summary>
    public readonly int Next(int entry) => Skip(_entries[entry].Next, _entries[entry].Hash);

    /// <summary>Adds the entry whose number is <see cref="Count"/>.</summary>
    public void Add(int hash)
    {
        if (_entries.Count >= _heads.Length)
        {
            Grow();
        }

        ref int head = ref _heads[hash & (_heads.Length - 1)];
        head = _entries.Add((hash, head));
    }

    /// <summary>Takes the newest entries away.</summary>
    /// <param name="count">How many stay.</param>
    public void Truncate(int count)
    {
        if (_entries.Count - count > _heads.Length / 8)
        {
            _entries.Truncate(count);
            Relink();
            return;
        }

        for (int entry = _entries.Count - 1; entry >= count; entry--)
        {
            (int hash, int next) = _entries[entry];
            _heads[hash & (_heads.Length - 1)] = next;
        }

        _entries.Truncate(count);
    }

    /// <summary>Makes the entries those of another index; the room stays.</summary>
    public void CopyFrom(in HashIndex source)
    {
        _entries.CopyFrom(source._entries);
        if (_heads.Length < _entries.Count)
        {
            _heads = new int[source._heads.Length];
        }

        Relink();
    }

    private readonly int Skip(int entry, int hash)
    {
        while (entry != None && _entries[entry].Hash != hash)
        {
            entry = _entries[entry].Next;
        }

        return entry;
    }

    private void Grow()
    {
        _heads = new int[2 * _heads.Length];
        Relink();
    }

    private readonly void Relink()
    {
        _heads.AsSpan().Fill(None);
        for (int entry = 0; entry < _entries.Count; entry++)
        {
            ref int head = ref _heads[_entries[entry].Hash & (_heads.Length - 1)];
            _entries[entry].Next = head;
            head = entry;
        }
    }
}
