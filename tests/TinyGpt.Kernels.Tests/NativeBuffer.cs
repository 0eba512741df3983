using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Tests;

/// <summary>Aligned native memory with a known pattern around it: a kernel that wrote outside is caught at disposal.</summary>
internal sealed unsafe class NativeBuffer<T> : IDisposable
    where T : unmanaged
{
    private const int GuardBytes = 256;
    private const byte GuardByte = 0xA5;

    private byte* _memory;

    public NativeBuffer(int length)
    {
        Length = length;
        nuint bytes = (nuint)(length * sizeof(T)) + (2 * GuardBytes);
        _memory = (byte*)NativeMemory.AlignedAlloc(bytes, PanelLayout.Alignment);
        NativeMemory.Fill(_memory, bytes, GuardByte);
        Span.Clear();
    }

    public int Length { get; }

    public T* Pointer => (T*)(_memory + GuardBytes);

    public Span<T> Span => new(Pointer, Length);

    public static NativeBuffer<T> CopyOf(NativeBuffer<T> other)
    {
        NativeBuffer<T> copy = new(other.Length);
        other.Span.CopyTo(copy.Span);
        return copy;
    }

    public void Dispose()
    {
        if (_memory == null)
        {
            return;
        }

        bool isIntact = new ReadOnlySpan<byte>(_memory, GuardBytes).IndexOfAnyExcept(GuardByte) < 0
            && new ReadOnlySpan<byte>(Pointer + Length, GuardBytes).IndexOfAnyExcept(GuardByte) < 0;
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        Assert.True(isIntact, "A kernel wrote outside its buffer.");
    }

    /// <summary>Fails at the first element whose bits differ.</summary>
    public void AssertSameBits(NativeBuffer<T> expected, string what)
    {
        ReadOnlySpan<byte> expectedBytes = MemoryMarshal.AsBytes(expected.Span);
        ReadOnlySpan<byte> actualBytes = MemoryMarshal.AsBytes(Span);
        int differing = expectedBytes.CommonPrefixLength(actualBytes);
        if (differing < expectedBytes.Length)
        {
            int index = differing / Unsafe.SizeOf<T>();
            Assert.Fail($"{what}: element {index} is {Span[index]}, but the scalar tier has {expected.Span[index]}.");
        }
    }
}
