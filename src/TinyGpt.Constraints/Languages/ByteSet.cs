using System.Numerics;

namespace TinyGpt.Constraints.Languages;

/// <summary>A set of bytes, as 256 bits. Immutable.</summary>
internal readonly record struct ByteSet(ulong Bits0, ulong Bits1, ulong Bits2, ulong Bits3)
{
    public static ByteSet All => new(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue);

    public bool IsEmpty => (Bits0 | Bits1 | Bits2 | Bits3) == 0;

    public int Count =>
        BitOperations.PopCount(Bits0) + BitOperations.PopCount(Bits1) + BitOperations.PopCount(Bits2) + BitOperations.PopCount(Bits3);

    public static ByteSet Of(byte value) => Range(value, value);

    public static ByteSet Of(ReadOnlySpan<byte> values)
    {
        ByteSet set = default;
        foreach (byte value in values)
        {
            set |= Of(value);
        }

        return set;
    }

    /// <summary>The lowest byte; the set must not be empty.</summary>
    public byte First => (byte)(Bits0 != 0 ? BitOperations.TrailingZeroCount(Bits0)
        : Bits1 != 0 ? 64 + BitOperations.TrailingZeroCount(Bits1)
        : Bits2 != 0 ? 128 + BitOperations.TrailingZeroCount(Bits2)
        : 192 + BitOperations.TrailingZeroCount(Bits3));

    /// <summary>The bytes from one to another, both included; none if the first is larger.</summary>
    public static ByteSet Range(byte first, byte last) =>
        first > last ? default : new(Word(first, last, 0), Word(first, last, 64), Word(first, last, 128), Word(first, last, 192));

    public static ByteSet operator |(ByteSet a, ByteSet b) => new(a.Bits0 | b.Bits0, a.Bits1 | b.Bits1, a.Bits2 | b.Bits2, a.Bits3 | b.Bits3);

    public static ByteSet operator &(ByteSet a, ByteSet b) => new(a.Bits0 & b.Bits0, a.Bits1 & b.Bits1, a.Bits2 & b.Bits2, a.Bits3 & b.Bits3);

    public static ByteSet operator ~(ByteSet a) => new(~a.Bits0, ~a.Bits1, ~a.Bits2, ~a.Bits3);

    public bool Contains(byte value) => (((value >> 6) switch { 0 => Bits0, 1 => Bits1, 2 => Bits2, _ => Bits3 }) >> (value & 63) & 1) != 0;

    /// <summary>Bits of the bytes first … last within the 64 that begin at start.</summary>
    private static ulong Word(int first, int last, int start)
    {
        int from = Math.Max(first - start, 0);
        int to = Math.Min(last - start, 63);
        return from > to ? 0 : (ulong.MaxValue >> (63 - to)) & (ulong.MaxValue << from);
    }
}
