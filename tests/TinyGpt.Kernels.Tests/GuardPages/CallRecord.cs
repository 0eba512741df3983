using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// A file that names the kernel call that is about to be made. A violation ends the process at once and cannot be caught; what the file
/// says then is the call that made it.
/// </summary>
internal sealed class CallRecord : IDisposable
{
    /// <summary>What the file begins with after a sweep that came to its end.</summary>
    public const string Finished = "finished after";

    private const int FileBytes = 512;

    private readonly SafeFileHandle _file;
    private readonly KernelTier _tier;
    private readonly byte[] _bytes = new byte[FileBytes];
    private readonly SortedDictionary<string, int> _calls = new(StringComparer.Ordinal);
    private string _call = "";

    public CallRecord(string path, KernelTier tier)
    {
        _file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        _tier = tier;
    }

    /// <summary>Reads what the last write left.</summary>
    public static string Read(string path) => File.ReadAllText(path).TrimEnd();

    /// <summary>Names the call that follows.</summary>
    public void Begin(string operation, int length, GuardedEdge edge, string detail)
    {
        _calls[operation] = _calls.GetValueOrDefault(operation) + 1;
        _call = $"{operation}, length {length}, guarded {(edge == GuardedEdge.Start ? "start" : "end")}, {detail}";
        Write($"{_call}, tier {KernelTiers.Name(_tier)}");
    }

    /// <summary>Says that the same call follows on the scalar tier, to compare with.</summary>
    public void BeginReference() => Write($"{_call}, tier scalar as the reference for {KernelTiers.Name(_tier)}");

    /// <summary>Says that all calls were made, and how many of each operation; those of the reference are not counted.</summary>
    public void Finish() =>
        Write($"{Finished} {_calls.Values.Sum()} calls: {string.Join(", ", _calls.Select(call => $"{call.Key} {call.Value}"))}");

    /// <summary>Fails, naming the call, at the first byte that differs from the scalar tier's.</summary>
    public void AssertSameBits<T>(GuardedBuffer<T> expected, GuardedBuffer<T> actual, string what)
        where T : unmanaged
    {
        AssertIntact(expected, $"{what} of the scalar tier");
        AssertIntact(actual, what);
        if (!MemoryMarshal.AsBytes(expected.Span).SequenceEqual(MemoryMarshal.AsBytes(actual.Span)))
        {
            int differing = MemoryMarshal.AsBytes(expected.Span).CommonPrefixLength(MemoryMarshal.AsBytes(actual.Span));
            Assert.Fail($"{_call}: byte {differing} of the {what} is not that of the scalar tier.");
        }
    }

    /// <summary>Fails, naming the call, if it wrote outside a buffer on the side where that does not end the process.</summary>
    public void AssertIntact<T>(GuardedBuffer<T> buffer, string what)
        where T : unmanaged =>
        Assert.True(buffer.IsIntact, $"{_call}: bytes outside the {what} were written.");

    /// <summary>Fails, naming the call, if two indices differ.</summary>
    public void AssertSame(int expected, int actual) =>
        Assert.True(expected == actual, $"{_call}: {actual}, but the scalar tier has {expected}.");

    /// <summary>Fails, naming the call, if a result is NaN: poison was read.</summary>
    public void AssertNumbers(GuardedBuffer<float> actual, string what) =>
        Assert.False(actual.Span.Contains(float.NaN), $"{_call}: the {what} holds NaN.");

    public void Dispose() => _file.Dispose();

    private void Write(string line)
    {
        _bytes.AsSpan().Fill((byte)' ');
        Encoding.UTF8.GetBytes(line, _bytes);
        RandomAccess.Write(_file, _bytes, 0);
    }
}
