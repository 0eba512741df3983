using System.Collections.Concurrent;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// Pages with unreadable pages before and after them. A sweep needs hundreds of thousands and no more than a few dozen at a time, so
/// they are rented and given back instead of being mapped and unmapped; the process keeps them until it ends.
/// </summary>
internal sealed unsafe class GuardedPages
{
    /// <summary>
    /// Unreadable bytes on either side, far more than the largest step of a kernel, so that a wrong stride does not jump over them.
    /// </summary>
    private const int GuardBytes = 1 << 18;

    private static readonly ConcurrentDictionary<nint, ConcurrentBag<GuardedPages>> Free = new();

    private GuardedPages(nint bytes)
    {
        Bytes = bytes;
        Start = PageProtection.Map(bytes + (2 * GuardBytes)) + GuardBytes;
        PageProtection.Allow(Start, Bytes, PageAccess.ReadWrite);
    }

    public byte* Start { get; }

    public nint Bytes { get; }

    public bool IsReadOnly { get; private set; }

    /// <summary>Finds or maps writable pages for at least the given number of bytes.</summary>
    public static GuardedPages Rent(nint bytes)
    {
        nint page = Environment.SystemPageSize;
        nint rounded = Math.Max(bytes + page - 1, page) / page * page;
        return Free.TryGetValue(rounded, out ConcurrentBag<GuardedPages>? bag) && bag.TryTake(out GuardedPages? pages)
            ? pages
            : new GuardedPages(rounded);
    }

    public static void Return(GuardedPages pages)
    {
        pages.SetReadOnly(false);
        Free.GetOrAdd(pages.Bytes, _ => []).Add(pages);
    }

    public void SetReadOnly(bool isReadOnly)
    {
        if (IsReadOnly != isReadOnly)
        {
            PageProtection.Allow(Start, Bytes, isReadOnly ? PageAccess.Read : PageAccess.ReadWrite);
            IsReadOnly = isReadOnly;
        }
    }
}
