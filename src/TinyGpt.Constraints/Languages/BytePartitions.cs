namespace TinyGpt.Constraints.Languages;

/// <summary>Partitions of the 256 bytes into classes, each kept once. Classes are numbered in the order of their first byte.</summary>
internal struct BytePartitions
{
    /// <summary>The partition with one class.</summary>
    public const int Whole = 0;

    private const int ByteCount = 256;

    private GrowingArray<byte> _classes;
    private GrowingArray<int> _counts;
    private GrowingArray<byte> _representatives;
    private GrowingArray<int> _setStarts;
    private GrowingArray<ByteSet> _sets;
    private HashIndex _index;
    private readonly Dictionary<long, int> _refined;

    public BytePartitions()
    {
        _classes = new GrowingArray<byte>(16 * ByteCount);
        _counts = new GrowingArray<int>(16);
        _representatives = new GrowingArray<byte>(16 * ByteCount);
        _setStarts = new GrowingArray<int>(16);
        _sets = new GrowingArray<ByteSet>(64);
        _index = new HashIndex(16);
        _refined = [];
        Intern(new byte[ByteCount]);
    }

    /// <summary>Bytes of the partitions.</summary>
    public readonly MemoryCount Memory
    {
        get
        {
            const int BytesPerPair = 24;
            MemoryCount refined = new(_refined.Count * BytesPerPair, _refined.Capacity * BytesPerPair);
            return _classes.Memory + _counts.Memory + _representatives.Memory + _setStarts.Memory + _sets.Memory + _index.Memory + refined;
        }
    }

    public readonly int ClassOf(int partition, byte value) => _classes[(partition * ByteCount) + value];

    public readonly int ClassCount(int partition) => _counts[partition];

    /// <summary>The bytes of a class.</summary>
    public readonly ByteSet Bytes(int partition, int classNumber) => _sets[_setStarts[partition] + classNumber];

    /// <summary>A byte of a class.</summary>
    public readonly byte Representative(int partition, int classNumber) => _representatives[(partition * ByteCount) + classNumber];

    /// <summary>The bytes of a set and the others.</summary>
    public int Of(ByteSet set)
    {
        Span<byte> classes = stackalloc byte[ByteCount];
        bool first = set.Contains(0);
        for (int i = 0; i < ByteCount; i++)
        {
            classes[i] = set.Contains((byte)i) == first ? (byte)0 : (byte)1;
        }

        return Intern(classes);
    }

    /// <summary>The partition whose classes are those of two partitions cut by each other.</summary>
    public int Refine(int a, int b)
    {
        if (a == b || b == Whole)
        {
            return a;
        }

        if (a == Whole)
        {
            return b;
        }

        long key = ((long)Math.Min(a, b) << 32) | (uint)Math.Max(a, b);
        if (_refined.TryGetValue(key, out int known))
        {
            return known;
        }

        Span<byte> classes = stackalloc byte[ByteCount];
        Span<short> seen = stackalloc short[ByteCount * 2];
        int countB = _counts[b];
        int pairs = _counts[a] * countB;
        int partition;
        if (pairs <= seen.Length)
        {
            seen[..pairs].Fill(-1);
            short count = 0;
            for (int i = 0; i < ByteCount; i++)
            {
                ref short number = ref seen[(ClassOf(a, (byte)i) * countB) + ClassOf(b, (byte)i)];
                if (number < 0)
                {
                    number = count++;
                }

                classes[i] = (byte)number;
            }

            partition = Intern(classes);
        }
        else
        {
            partition = RefineMany(a, b, classes);
        }

        _refined.Add(key, partition);
        return partition;
    }

    /// <summary>Makes the partitions those of others.</summary>
    public void CopyFrom(in BytePartitions source)
    {
        _classes.CopyFrom(source._classes);
        _counts.CopyFrom(source._counts);
        _representatives.CopyFrom(source._representatives);
        _setStarts.CopyFrom(source._setStarts);
        _sets.CopyFrom(source._sets);
        _index.CopyFrom(source._index);
        _refined.Clear();
        foreach ((long pair, int partition) in source._refined)
        {
            _refined.Add(pair, partition);
        }
    }

    private int RefineMany(int a, int b, Span<byte> classes)
    {
        Dictionary<int, byte> numbers = [];
        for (int i = 0; i < ByteCount; i++)
        {
            int pair = (ClassOf(a, (byte)i) << 8) | ClassOf(b, (byte)i);
            if (!numbers.TryGetValue(pair, out byte number))
            {
                number = (byte)numbers.Count;
                numbers.Add(pair, number);
            }

            classes[i] = number;
        }

        return Intern(classes);
    }

    private int Intern(ReadOnlySpan<byte> classes)
    {
        HashCode code = default;
        code.AddBytes(classes);
        int hash = code.ToHashCode();
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            if (_classes.Span.Slice(i * ByteCount, ByteCount).SequenceEqual(classes))
            {
                return i;
            }
        }

        Span<byte> representatives = stackalloc byte[ByteCount];
        int count = 0;
        for (int i = 0; i < ByteCount; i++)
        {
            if (classes[i] == count)
            {
                representatives[count++] = (byte)i;
            }
        }

        int firstSet = _sets.AddMany(default, count);
        for (int i = 0; i < ByteCount; i++)
        {
            _sets[firstSet + classes[i]] |= ByteSet.Of((byte)i);
        }

        _setStarts.Add(firstSet);
        _index.Add(hash);
        _classes.AddRange(classes);
        _representatives.AddRange(representatives);
        return _counts.Add(count);
    }
}
