using TinyGpt.Kernels.Contract;

namespace TinyGpt.Cache;

/// <summary>A page of keys and values that must be copied before the sequence that holds the copy may write to it.</summary>
/// <param name="From">The shared page; the copy's maker holds it until the copy is done.</param>
/// <param name="To">The sequence's own page.</param>
internal readonly record struct PageCopy(int From, int To);

/// <summary>
/// The keys and values of one sequence: a page table and a length. Forking shares pages; rewinding gives them back; appending to a page
/// that others hold too asks for a copy first. Not thread-safe.
/// </summary>
internal sealed unsafe class KvSequence
{
    private readonly KvArena _arena;
    private readonly int[] _pages;
    private int _pageCount;

    internal KvSequence(KvArena arena, byte** table)
    {
        _arena = arena;
        _pages = new int[arena.PagesPerSequence];
        Table = table;
    }

    /// <summary>The address of each page, in order of position: what the attention kernel walks.</summary>
    public byte** Table { get; }

    /// <summary>Positions whose keys and values are computed.</summary>
    public int Length { get; private set; }

    /// <summary>Pages that this sequence holds, shared ones included.</summary>
    public int PageCount => _pageCount;

    /// <summary>
    /// Makes sure that positions <see cref="Length"/> … <see cref="Length"/> + <paramref name="count"/> - 1 have pages of this
    /// sequence's own. On failure nothing has changed.
    /// </summary>
    /// <param name="count">Positions to come, 1 or more, within the context.</param>
    /// <param name="copy">The page to copy before writing, if <paramref name="copies"/>.</param>
    /// <param name="copies">Whether a shared page was replaced.</param>
    /// <returns>False if the arena has too few free pages.</returns>
    public bool TryReserve(int count, out PageCopy copy, out bool copies)
    {
        copy = default;
        copies = false;
        int needed = KvArena.PagesFor(Length + count);
        int writtenPage = Length / AttentionHead.PositionsPerPage;
        bool mustCopy = writtenPage < _pageCount && _arena.Holders(_pages[writtenPage]) > 1;
        if (_arena.FreePages < Math.Max(0, needed - _pageCount) + (mustCopy ? 1 : 0))
        {
            return false;
        }

        if (mustCopy)
        {
            _arena.TryTake(out int own);
            copy = new PageCopy(_pages[writtenPage], own);
            copies = true;
            Set(writtenPage, own);
        }

        while (_pageCount < needed)
        {
            _arena.TryTake(out int page);
            Set(_pageCount++, page);
        }

        return true;
    }

    /// <summary>Declares positions computed.</summary>
    public void Advance(int count) => Length += count;

    /// <summary>Shortens the sequence to its first positions and frees the pages after them.</summary>
    public void Truncate(int length)
    {
        Length = Math.Min(length, Length);
        int needed = KvArena.PagesFor(Length);
        while (_pageCount > needed)
        {
            _arena.Release(_pages[--_pageCount]);
        }
    }

    /// <summary>Becomes a second holder of the first positions of another sequence. This one must be empty.</summary>
    public void Share(KvSequence source, int length)
    {
        int pages = KvArena.PagesFor(length);
        for (int i = 0; i < pages; i++)
        {
            _arena.Hold(source._pages[i]);
            Set(i, source._pages[i]);
        }

        _pageCount = pages;
        Length = length;
    }

    private void Set(int index, int page)
    {
        _pages[index] = page;
        Table[index] = _arena.Page(page);
    }
}
