using System.Runtime.CompilerServices;

namespace TinyGpt.Constraints.Languages;

/// <summary>A list whose elements are reached by reference. Growing is the only thing that allocates, and what is cut off stays reserved.</summary>
/// <typeparam name="T">An element.</typeparam>
internal struct GrowingArray<T>(int capacity)
    where T : unmanaged
{
    private T[] _items = capacity == 0 ? [] : GC.AllocateUninitializedArray<T>(capacity);

    public int Count { get; private set; }

    public readonly int Capacity => _items.Length;

    /// <summary>Bytes of the elements.</summary>
    public readonly MemoryCount Memory => new((long)Count * Unsafe.SizeOf<T>(), (long)_items.Length * Unsafe.SizeOf<T>());

    public readonly ref T this[int index] => ref _items[index];

    /// <summary>The elements in use.</summary>
    public readonly Span<T> Span => _items.AsSpan(0, Count);

    /// <summary>Adds an element.</summary>
    /// <returns>Its index.</returns>
    public int Add(T item)
    {
        if (Count == _items.Length)
        {
            Reserve(Count + 1);
        }

        _items[Count] = item;
        return Count++;
    }

    /// <summary>Adds elements.</summary>
    /// <returns>The index of the first.</returns>
    public int AddRange(scoped ReadOnlySpan<T> items)
    {
        int start = Count;
        Reserve(start + items.Length);
        items.CopyTo(_items.AsSpan(start));
        Count += items.Length;
        return start;
    }

    /// <summary>Adds equal elements.</summary>
    /// <returns>The index of the first.</returns>
    public int AddMany(T item, int count)
    {
        int start = Count;
        Reserve(start + count);
        _items.AsSpan(start, count).Fill(item);
        Count += count;
        return start;
    }

    /// <summary>Cuts the list off.</summary>
    /// <param name="count">How many elements stay.</param>
    public void Truncate(int count) => Count = count;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">For how many elements in all.</param>
    public void Reserve(int capacity)
    {
        if (capacity > _items.Length)
        {
            T[] larger = GC.AllocateUninitializedArray<T>(Math.Max(capacity, Math.Max(16, 2 * _items.Length)));
            _items.AsSpan(0, Count).CopyTo(larger);
            _items = larger;
        }
    }

    /// <summary>Makes the elements those of another list; the room stays.</summary>
    public void CopyFrom(in GrowingArray<T> source)
    {
        Count = 0;
        AddRange(source.Span);
    }
}
