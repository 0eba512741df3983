using System.Buffers;

namespace TinyGpt.Text;

/// <summary>
/// Merges the tokens of one piece of any length in n log n steps: a linked list of tokens, and a heap of the pairs that merge.
/// </summary>
/// <remarks>
/// A heap entry is a rank and the position of the pair's left token, compared as one number: the lowest rank comes first, the
/// leftmost among equals. An entry whose pair has changed meanwhile is known by its rank, which is no longer the pair's, and is
/// passed over. Holds pooled arrays: dispose it.
/// </remarks>
internal ref struct LongPieceMerger : IDisposable
{
    private const int None = -1;

    private readonly MergeIndex _merges;
    private readonly int[] _tokens;
    private readonly int[] _ranks; // of the pair that begins at this token
    private readonly int[] _previous;
    private readonly int[] _next;
    private readonly ulong[] _heap;
    private readonly int _length;
    private int _heapCount;

    /// <summary>Takes arrays for a piece.</summary>
    /// <param name="length">The piece's tokens, at least 1; their ids are to be written to <see cref="Tokens"/>.</param>
    /// <param name="merges">The merges.</param>
    internal LongPieceMerger(int length, MergeIndex merges)
    {
        _merges = merges;
        _length = length;
        _tokens = ArrayPool<int>.Shared.Rent(length);
        _ranks = ArrayPool<int>.Shared.Rent(length);
        _previous = ArrayPool<int>.Shared.Rent(length);
        _next = ArrayPool<int>.Shared.Rent(length);

        // A merge takes one entry out and puts at most two in, and there are fewer merges than tokens.
        _heap = ArrayPool<ulong>.Shared.Rent(checked(2 * length));
    }

    /// <summary>The piece's tokens before <see cref="Merge"/>.</summary>
    internal readonly Span<int> Tokens => _tokens.AsSpan(0, _length);

    /// <summary>Merges the pair of the lowest rank, the leftmost among equals, until no pair merges. To be called once.</summary>
    /// <returns>How many tokens are left.</returns>
    internal int Merge()
    {
        for (int position = 0; position < _length; position++)
        {
            _previous[position] = position - 1;
            _next[position] = position + 1 < _length ? position + 1 : None;
            Rank(position);
        }

        int count = _length;
        while (_heapCount > 0)
        {
            ulong entry = Pop();
            int rank = (int)(entry >> 32);
            int left = (int)(uint)entry;
            if (_ranks[left] != rank)
            {
                continue;
            }

            int right = _next[left];
            int after = _next[right];
            _tokens[left] = _merges.Result(rank);
            _ranks[right] = MergeIndex.NoMerge;
            _next[left] = after;
            if (after != None)
            {
                _previous[after] = left;
            }

            Rank(left);
            if (_previous[left] != None)
            {
                Rank(_previous[left]);
            }

            count--;
        }

        return count;
    }

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

    /// <summary>Gives the arrays back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_tokens);
        ArrayPool<int>.Shared.Return(_ranks);
        ArrayPool<int>.Shared.Return(_previous);
        ArrayPool<int>.Shared.Return(_next);
        ArrayPool<ulong>.Shared.Return(_heap);
    }

    /// <summary>Looks up the pair that begins at a token and, if it merges, puts it in the heap.</summary>
    private void Rank(int left)
    {
        int right = _next[left];
        int rank = right == None ? MergeIndex.NoMerge : _merges.Find(_tokens[left], _tokens[right]);
        _ranks[left] = rank;
        if (rank != MergeIndex.NoMerge)
        {
            Push(((ulong)(uint)rank << 32) | (uint)left);
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
