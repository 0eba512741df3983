namespace TinyGpt.Text.Merging;

/// <summary>
/// Merges the tokens of one piece of any length in n log n steps: a linked list of tokens, and a heap of the pairs that merge.
/// </summary>
/// <remarks>
/// A heap entry is a pair's priority and the position of its left token, compared as one number: the lowest comes first, the
/// leftmost among equals. An entry whose pair has changed meanwhile is known by its priority, which is no longer the pair's, and is
/// passed over; if it is the new pair's as well, that pair's turn has come.
/// </remarks>
internal ref struct SymbolMerger<TPairs>
    where TPairs : struct, IPairs, allows ref struct
{
    /// <summary>Numbers of <c>storage</c> for each byte of a piece.</summary>
    internal const int StoragePerByte = 5;

    /// <summary>Numbers of <c>heap</c> for each byte of a piece: a merge takes one entry out and puts at most two in.</summary>
    internal const int HeapPerByte = 2;

    private const int None = -1;

    private readonly Span<int> _tokens;
    private readonly Span<int> _results; // what the pair becomes that begins at this token
    private readonly Span<int> _priorities; // of that pair
    private readonly Span<int> _previous;
    private readonly Span<int> _next;
    private readonly Span<ulong> _heap;
    private readonly int _length;
    private readonly TPairs _pairs;
    private int _heapCount;
    private int _last;

    /// <summary>Begins a piece.</summary>
    /// <param name="length">The piece's bytes, at least 1.</param>
    /// <param name="pairs">What merges.</param>
    /// <param name="storage">Memory, <see cref="StoragePerByte"/> numbers for each byte; need not be cleared.</param>
    /// <param name="heap">Memory, <see cref="HeapPerByte"/> numbers for each byte; need not be cleared.</param>
    internal SymbolMerger(int length, TPairs pairs, Span<int> storage, Span<ulong> heap)
    {
        _pairs = pairs;
        _length = length;
        _tokens = storage[..length];
        _results = storage.Slice(length, length);
        _priorities = storage.Slice(2 * length, length);
        _previous = storage.Slice(3 * length, length);
        _next = storage.Slice(4 * length, length);
        _heap = heap;
        _last = None;
    }

    /// <summary>The number of symbols.</summary>
    internal int Count { get; private set; }

    /// <summary>Appends a symbol of the piece. The first is at position 0.</summary>
    /// <param name="position">Where it begins, in bytes; ascending.</param>
    /// <param name="token">Its id, or a number below 0 for one that is no token.</param>
    internal void Append(int position, int token)
    {
        _tokens[position] = token;
        _previous[position] = _last;
        _next[position] = None;
        if (_last != None)
        {
            _next[_last] = position;
        }

        _last = position;
        Count++;
    }

    /// <summary>Merges the pair of the lowest priority, the leftmost among equals, until no pair merges. To be called once.</summary>
    internal void Merge()
    {
        for (int position = 0; position != None; position = _next[position])
        {
            Look(position);
        }

        while (_heapCount > 0)
        {
            ulong entry = Pop();
            int left = (int)(uint)entry;
            if (_priorities[left] == (int)(entry >> 32))
            {
                Join(left);
            }
        }
    }

    /// <summary>The token at a position, or a number below 0.</summary>
    internal readonly int Token(int position) => _tokens[position];

    /// <summary>Where the symbol ends that begins at a position, in bytes.</summary>
    internal readonly int End(int position) => _next[position] == None ? _length : _next[position];

    /// <summary>Writes the tokens that <see cref="Merge"/> has left.</summary>
    /// <param name="destination">Room for all of them.</param>
    internal readonly void CopyTo(Span<int> destination)
    {
        int written = 0;
        for (int position = 0; position != None; position = _next[position])
        {
            destination[written++] = _tokens[position];
        }
    }

    private void Join(int left)
    {
        int right = _next[left];
        int after = _next[right];
        _tokens[left] = _results[left];
        _priorities[right] = MergeIndex.NoMerge;
        _next[left] = after;
        if (after != None)
        {
            _previous[after] = left;
        }

        Look(left);
        if (_previous[left] != None)
        {
            Look(_previous[left]);
        }

        Count--;
    }

    /// <summary>Looks up the pair that begins at a token and, if it merges, puts it in the heap.</summary>
    private void Look(int left)
    {
        int right = _next[left];
        int priority = right == None
            ? MergeIndex.NoMerge
            : _pairs.Find(_tokens[left], _tokens[right], left, End(right), out _results[left]);
        _priorities[left] = priority;
        if (priority != MergeIndex.NoMerge)
        {
            Push(((ulong)(uint)priority << 32) | (uint)left);
        }
    }

    private void Push(ulong entry)
    {
        int child = _heapCount++;
        while (child > 0)
        {
            int parent = (child - 1) / 2;
            if (_heap[parent] <= entry)
            {
                break;
            }

            _heap[child] = _heap[parent];
            child = parent;
        }

        _heap[child] = entry;
    }

    private ulong Pop()
    {
        ulong top = _heap[0];
        ulong last = _heap[--_heapCount];
        int parent = 0;
        while (true)
        {
            int child = (2 * parent) + 1;
            if (child >= _heapCount)
            {
                break;
            }

            if (child + 1 < _heapCount && _heap[child + 1] < _heap[child])
            {
                child++;
            }

            if (_heap[child] >= last)
            {
                break;
            }

            _heap[parent] = _heap[child];
            parent = child;
        }

        _heap[parent] = last;
        return top;
    }
}
