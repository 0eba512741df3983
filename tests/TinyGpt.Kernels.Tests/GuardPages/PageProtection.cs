using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TinyGpt.Kernels.Tests;

/// <summary>What a process may do with a page. The values are those of <c>mprotect</c>.</summary>
internal enum PageAccess
{
    None = 0,
    Read = 1,
    ReadWrite = 3,
}

/// <summary>Whole pages from the operating system, and what may be done with them.</summary>
internal static unsafe partial class PageProtection
{
    private static readonly bool IsUnix = OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    /// <summary>Whether this class knows the operating system's calls.</summary>
    public static bool IsSupported => IsUnix || OperatingSystem.IsWindows();

    /// <summary>Maps zeroed pages that may not be accessed yet.</summary>
    public static byte* Map(nint bytes)
    {
        if (IsUnix)
        {
            const int Private = 2;
            int anonymous = OperatingSystem.IsMacOS() ? 0x1000 : 0x20;
            nint mapped = Unix.Map(0, bytes, (int)PageAccess.None, Private | anonymous, -1, 0);
            return mapped != -1 ? (byte*)mapped : throw new Win32Exception();
        }
        else
        {
            const uint ReserveAndCommit = 0x3000;
            nint mapped = Windows.Allocate(0, bytes, ReserveAndCommit, Windows.Constant(PageAccess.None));
            return mapped != 0 ? (byte*)mapped : throw new Win32Exception();
        }
    }

    /// <summary>Changes what may be done with some of the pages.</summary>
    public static void Allow(byte* start, nint bytes, PageAccess access)
    {
        bool isDone = IsUnix
            ? Unix.Protect((nint)start, bytes, (int)access) == 0
            : Windows.Protect((nint)start, bytes, Windows.Constant(access), out _);
        if (!isDone)
        {
            throw new Win32Exception();
        }
    }

    private static partial class Unix
    {
        [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
        public static partial nint Map(nint address, nint bytes, int protection, int flags, int file, nint offset);

        [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
        public static partial int Protect(nint address, nint bytes, int protection);
    }

    private static partial class Windows
    {
        public static uint Constant(PageAccess access) => access switch
        {
            PageAccess.None => 1,
            PageAccess.Read => 2,
            _ => 4,
        };

        [LibraryImport("kernel32", EntryPoint = "VirtualAlloc", SetLastError = true)]
        public static partial nint Allocate(nint address, nint bytes, uint kind, uint protection);

        [LibraryImport("kernel32", EntryPoint = "VirtualProtect", SetLastError = true)]
        [return: MarshalAs(UnmanagedType.Bool)]
        public static partial bool Protect(nint address, nint bytes, uint protection, out uint previous);
    }
}
