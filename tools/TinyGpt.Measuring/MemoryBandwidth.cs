using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TinyGpt.Measuring;

/// <summary>
/// Measures how fast threads can read a buffer from its first byte to its last: memory, if the buffer is far larger than the last-level
/// cache, or the cache, if it fits. Not thread-safe.
/// </summary>
public sealed unsafe class MemoryBandwidth : IDisposable
{
    private const int Alignment = 4096;
    private const int SliceBytes = 256 << 10;
    private const int Step = 512;
    private const int CacheReach = 4;
    private const long BytesPerRepeat = 1L << 30;
    private const long SmallestMemoryBuffer = 256L << 20;
    private const long LargestMemoryBuffer = 2L << 30;

    private static long _consumed;

    private readonly long _bytes;
    private byte* _buffer;

    /// <summary>Allocates the buffer and writes all of it, so that every page is really there.</summary>
    /// <param name="bytes">Its size; rounded up to whole pages.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bytes"/> is below 1.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public MemoryBandwidth(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        _bytes = (bytes + Alignment - 1) / Alignment * Alignment;
        _buffer = (byte*)NativeMemory.AlignedAlloc((nuint)_bytes, Alignment);
        Random random = new(1);
        for (long at = 0; at < _bytes; at += Alignment)
        {
            random.NextBytes(new Span<byte>(_buffer + at, Alignment));
        }
    }

    /// <summary>The size of a buffer that represents this machine's memory.</summary>
    public static long MemoryBufferBytes =>
        Math.Clamp(8 * Machine.LastLevelCacheBytes, SmallestMemoryBuffer, LargestMemoryBuffer);

    /// <summary>
    /// The size of a buffer that is read as something of this size would be. Up to some times the last-level cache a part of what is
    /// read over and over stays in it, so the buffer is just as large; beyond, it represents memory.
    /// </summary>
    /// <param name="bytes">The size of what is read over and over, such as a model's weights.</param>
    public static long BufferBytesLike(long bytes) => bytes <= CacheReach * Machine.LastLevelCacheBytes ? bytes : MemoryBufferBytes;

    /// <summary>Measures the bandwidth in gigabytes (10⁹ bytes) a second.</summary>
    /// <param name="threads">
    /// Threads that read at the same time, 1 or more. They take slices as they get to them, as the engine's threads take panels: with a
    /// half for each, a thread that the system puts aside for a moment would hold up the measurement, and not the engine.
    /// </param>
    /// <param name="repeats">Samples to take, each of a gigabyte or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public double[] Measure(int threads, int repeats)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        ObjectDisposedException.ThrowIf(_buffer == null, this);
        long passes = Math.Max(1, BytesPerRepeat / _bytes);
        double[] rates = new double[repeats];
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            rates[repeat] = _bytes * passes / ReadAll(threads, passes) / 1e9;
        }

        return rates;
    }

    /// <summary>Frees the buffer.</summary>
    public void Dispose()
    {
        NativeMemory.AlignedFree(_buffer);
        _buffer = null;
    }

    /// <summary>Reads bytes once, in vectors.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="bytes">How many; a multiple of 512, all of them readable.</param>
    /// <returns>A number that depends on all of them.</returns>
    internal static long ReadOnce(byte* first, long bytes) =>
        Vector512.IsHardwareAccelerated ? ReadWide(first, bytes) : Read(first, bytes);

    private double ReadAll(int threads, long passes)
    {
        long slices = (_bytes + SliceBytes - 1) / SliceBytes;
        long claimed = 0;
        return ThreadedTimer.Time(threads, 1, _ =>
        {
            long sum = 0;
            long slice;
            while ((slice = Interlocked.Increment(ref claimed) - 1) < slices * passes)
            {
                long at = slice % slices * SliceBytes;
                long bytes = Math.Min(SliceBytes, _bytes - at);
                sum += ReadOnce(_buffer + at, bytes);
            }

            Volatile.Write(ref _consumed, sum); // so that no compiler may leave the reading out
        })[0];
    }

    // Optimized at once: a loop that is entered a few times must not be measured in its unoptimized form.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long ReadWide(byte* first, long bytes)
    {
        Vector512<long> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        Vector512<long> sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        byte* end = first + bytes;
        for (byte* at = first; at < end; at += Step)
        {
            sum0 += Vector512.Load((long*)at);
            sum1 += Vector512.Load((long*)(at + 64));
            sum2 += Vector512.Load((long*)(at + 128));
            sum3 += Vector512.Load((long*)(at + 192));
            sum4 += Vector512.Load((long*)(at + 256));
            sum5 += Vector512.Load((long*)(at + 320));
            sum6 += Vector512.Load((long*)(at + 384));
            sum7 += Vector512.Load((long*)(at + 448));
        }

        return Vector512.Sum(sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Read(byte* first, long bytes)
    {
        Vector<long> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        Vector<long> sum4 = default, sum5 = default, sum6 = default, sum7 = default;
        int width = Vector<byte>.Count;
        byte* end = first + bytes;
        for (byte* at = first; at < end; at += 8 * width)
        {
            sum0 += Vector.Load((long*)at);
            sum1 += Vector.Load((long*)(at + width));
            sum2 += Vector.Load((long*)(at + (2 * width)));
            sum3 += Vector.Load((long*)(at + (3 * width)));
            sum4 += Vector.Load((long*)(at + (4 * width)));
            sum5 += Vector.Load((long*)(at + (5 * width)));
            sum6 += Vector.Load((long*)(at + (6 * width)));
            sum7 += Vector.Load((long*)(at + (7 * width)));
        }

        return Vector.Sum(sum0 + sum1 + sum2 + sum3 + sum4 + sum5 + sum6 + sum7);
    }
}
