using TinyGpt.Kernels.Memory;

namespace TinyGpt.Arm64;

/// <summary>Room for the operands of one round, handed out front to back and used again in the next.</summary>
internal sealed unsafe class OperandMemory : IDisposable
{
    private const int Bytes = 8 << 20;
    private const int GuardBytes = 64;

    private readonly NativeArena _arena = new(Bytes);
    private readonly byte* _memory;
    private int _used;

    public OperandMemory() => _memory = _arena.Take(Bytes);

    /// <summary>Takes everything back.</summary>
    public void Reset() => _used = 0;

    /// <summary>Zeroed bytes, aligned to 64.</summary>
    public byte* Take(int bytes) => Take(bytes, 0);

    /// <summary>Zeroed floats, aligned to 64 bytes.</summary>
    public float* TakeFloats(int count) => (float*)Take(count * sizeof(float));

    /// <summary>
    /// Room for a result, twice, filled with a pattern: what a kernel leaves out, or writes after the end, shows in the comparison.
    /// </summary>
    public Results TakeResults(int bytes)
    {
        byte* expected = Take(bytes + GuardBytes, Results.Pattern);
        byte* actual = Take(bytes + GuardBytes, Results.Pattern);
        return new Results(expected, actual, bytes, bytes + GuardBytes);
    }

    public void Dispose() => _arena.Dispose();

    private byte* Take(int bytes, byte fill)
    {
        byte* result = _memory + _used;
        new Span<byte>(result, bytes).Fill(fill);
        _used += (int)NativeArena.RoundUp(bytes);
        return result;
    }
}

/// <summary>Where the reference and a tier write the same result.</summary>
internal readonly unsafe struct Results(byte* expected, byte* actual, int bytes, int bytesWithGuard)
{
    /// <summary>What the room holds before anything is written; as a float it is neither zero nor usual.</summary>
    public const byte Pattern = 0xA5;

    public byte* Expected => expected;

    public byte* Actual => actual;

    /// <summary>What the reference wrote.</summary>
    public ReadOnlySpan<byte> ExpectedBytes => new(expected, bytes);

    public bool AreSame => new ReadOnlySpan<byte>(expected, bytesWithGuard).SequenceEqual(new ReadOnlySpan<byte>(actual, bytesWithGuard));
}
