using System.Runtime.InteropServices;

namespace TinyGpt.Arm64;

/// <summary>
/// FNV-1a with 64 bits (Fowler, Noll and Vo): enough to notice a changed bit, and nothing but whole numbers, so that it runs where there
/// is no cryptography.
/// </summary>
internal struct BitHash()
{
    private const ulong OffsetBasis = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    /// <summary>The hash of everything added so far.</summary>
    public ulong Value { get; private set; } = OffsetBasis;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Value;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * Prime;
        }

        Value = hash;
    }

    /// <summary>Adds the floats' bits; all supported processors are little-endian.</summary>
    public void Add(ReadOnlySpan<float> floats) => Add(MemoryMarshal.AsBytes(floats));
}
