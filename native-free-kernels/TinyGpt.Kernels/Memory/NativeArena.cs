using System.Runtime.InteropServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Memory;

/// <summary>
/// One 64-byte-aligned allocation outside the managed heap, handed out front to back. What is taken from it lives until the
/// arena is disposed; nothing is freed singly. Not thread-safe.
/// </summary>
internal sealed unsafe class NativeArena : IDisposable
{
    private byte* _memory;
    private long _used;

    /// <summary>Allocates the arena.</summary>
    /// <param name="capacity">Bytes, 0 or more; rounded up to 64.</param>
    /// <param name="zeroed">Whether it is zeroed, which also makes the system give all of it at once. If not, its owner writes every byte that is ever read.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="capacity"/> is negative.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public NativeArena(long capacity, bool zeroed = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        Capacity = RoundUp(capacity);
        nuint bytes = checked((nuint)Math.Max(Capacity, PanelLayout.Alignment));
        _memory = (byte*)NativeMemory.AlignedAlloc(bytes, PanelLayout.Alignment);
        if (zeroed)
        {
            NativeMemory.Clear(_memory, bytes);
        }

        GC.AddMemoryPressure(checked((long)bytes));
    }

    /// <summary>Frees the memory if the arena was not disposed.</summary>
    ~NativeArena() => Free();

    /// <summary>The size in bytes.</summary>
    public long Capacity { get; }

    /// <summary>Bytes handed out so far, padding included.</summary>
    public long Used => _used;

    /// <summary>Hands out bytes, aligned to 64; zeroed unless the arena is not.</summary>
    /// <param name="bytes">How many, 0 or more.</param>
    /// <exception cref="ObjectDisposedException">The arena was disposed.</exception>
    /// <exception cref="InvalidOperationException">The arena is too small: its owner planned wrongly.</exception>
    public byte* Take(long bytes)
    {
        ObjectDisposedException.ThrowIf(_memory == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long rounded = RoundUp(bytes);
        if (rounded > Capacity - _used)
        {
            throw new InvalidOperationException($"An arena of {Capacity} bytes has {Capacity - _used} left, and {rounded} were asked for.");
        }

        byte* result = _memory + _used;
        _used += rounded;
        return result;
    }

    /// <summary>Hands out floats, aligned to 64 bytes; zeroed unless the arena is not.</summary>
    /// <param name="count">How many, 0 or more.</param>
    public float* TakeFloats(long count) => (float*)Take(checked(count * sizeof(float)));

    /// <summary>Frees the memory. Pointers into it are invalid from here on.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    /// <summary>A size rounded up to the arena's alignment of 64 bytes.</summary>
    public static long RoundUp(long bytes) => checked(bytes + PanelLayout.Alignment - 1) & -PanelLayout.Alignment;

    private void Free()
    {
        if (_memory != null)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = null;
            GC.RemoveMemoryPressure(Math.Max(Capacity, PanelLayout.Alignment));
        }
    }
}
