using System.Runtime.InteropServices;
using Xunit;

namespace TinyGpt.Tests.Format;

/// <summary>Bytes with a page before and after them that cannot be read or written: an access outside ends the process.</summary>
internal sealed unsafe partial class GuardedBytes : IDisposable
{
    private const int ReadWrite = 3;
    private const int NoAccess = 0;
    private const int PrivateAnonymous = 0x22;

    private readonly byte* _pages;
    private readonly nint _length;
    private readonly byte* _first;
    private readonly int _count;

    /// <param name="count">How many bytes.</param>
    /// <param name="atEnd">Whether the last byte is just before a guard page, or the first just after one.</param>
    public GuardedBytes(int count, bool atEnd)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "guard pages are made by Linux's mmap");
        nint page = Environment.SystemPageSize;
        nint room = (count + page - 1) / page * page;
        _length = room + (2 * page);
        _pages = Map(null, _length, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)_pages);
        Assert.Equal(0, Protect(_pages, page, NoAccess));
        Assert.Equal(0, Protect(_pages + page + room, page, NoAccess));
        _first = _pages + page + (atEnd ? room - count : 0);
        _count = count;
    }

    public Span<byte> Span => new(_first, _count);

    public void Dispose() => Assert.Equal(0, Unmap(_pages, _length));

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Map(byte* address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Protect(byte* address, nint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(byte* address, nint length);
}
