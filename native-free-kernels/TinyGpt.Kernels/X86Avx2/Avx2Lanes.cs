using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Lanes;

namespace TinyGpt.Kernels.X86Avx2;

/// <summary>Sixteen lanes in two 256-bit registers.</summary>
internal readonly unsafe struct Avx2Lanes : ILanes<Avx2Lanes>
{
    private readonly Vector256<float> _low;
    private readonly Vector256<float> _high;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Avx2Lanes(Vector256<float> low, Vector256<float> high)
    {
        _low = low;
        _high = high;
    }

    public static Avx2Lanes Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Broadcast(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Broadcast(float* source) =>
        new(Avx.BroadcastScalarToVector256(source), Avx.BroadcastScalarToVector256(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Avx2Lanes value)
    {
        value._low.Store(destination);
        value._high.Store(destination + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes operator +(Avx2Lanes left, Avx2Lanes right) => new(left._low + right._low, left._high + right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes operator -(Avx2Lanes left, Avx2Lanes right) => new(left._low - right._low, left._high - right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes operator *(Avx2Lanes left, Avx2Lanes right) => new(left._low * right._low, left._high * right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes operator /(Avx2Lanes left, Avx2Lanes right) => new(left._low / right._low, left._high / right._high);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes FusedMultiplyAdd(Avx2Lanes left, Avx2Lanes right, Avx2Lanes addend) =>
        new(Fma.MultiplyAdd(left._low, right._low, addend._low), Fma.MultiplyAdd(left._high, right._high, addend._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes FusedNegateMultiplyAdd(Avx2Lanes left, Avx2Lanes right, Avx2Lanes addend) =>
        new(Fma.MultiplyAddNegated(left._low, right._low, addend._low), Fma.MultiplyAddNegated(left._high, right._high, addend._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes SwapPairs(Avx2Lanes value) =>
        new(Avx.Permute(value._low, 0b10_11_00_01), Avx.Permute(value._high, 0b10_11_00_01));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Absolute(Avx2Lanes value) => new(Vector256.Abs(value._low), Vector256.Abs(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Larger(Avx2Lanes left, Avx2Lanes right) =>
        new(Avx.Max(left._low, right._low), Avx.Max(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Smaller(Avx2Lanes left, Avx2Lanes right) =>
        new(Avx.Min(left._low, right._low), Avx.Min(left._high, right._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes ZeroWhereLess(Avx2Lanes tested, Avx2Lanes bound, Avx2Lanes value) =>
        new(
            Vector256.AndNot(value._low, Vector256.LessThan(tested._low, bound._low)),
            Vector256.AndNot(value._high, Vector256.LessThan(tested._high, bound._high)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes KeepFirst(Avx2Lanes value, int count)
    {
        Vector256<int> low = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count));
        Vector256<int> high = Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count - 8));
        return new(value._low & low.AsSingle(), value._high & high.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyEqual(Avx2Lanes left, Avx2Lanes right) =>
        (Vector256.Equals(left._low, right._low) | Vector256.Equals(left._high, right._high)).ExtractMostSignificantBits() != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes Round(Avx2Lanes value) =>
        new(Avx.RoundToNearestInteger(value._low), Avx.RoundToNearestInteger(value._high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes MultiplyByPowerOfTwo(Avx2Lanes value, Avx2Lanes exponent)
    {
        Vector256<int> low = (Avx.ConvertToVector256Int32(exponent._low) + Vector256.Create(127)) << 23;
        Vector256<int> high = (Avx.ConvertToVector256Int32(exponent._high) + Vector256.Create(127)) << 23;
        return new(value._low * low.AsSingle(), value._high * high.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> ToQuantized(Avx2Lanes value)
    {
        // The conversion rounds ties to even. Packing works within 128-bit halves and leaves the order 0-3, 8-11, 4-7, 12-15.
        Vector256<short> words = Avx2.PackSignedSaturate(
            Avx.ConvertToVector256Int32(value._low), Avx.ConvertToVector256Int32(value._high));
        Vector128<int> bytes = Sse2.PackSignedSaturate(words.GetLower(), words.GetUpper()).AsInt32();
        return Sse2.Shuffle(bytes, 0b11_01_10_00).AsSByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx2Lanes FromQuantized(Vector128<sbyte> value) =>
        new(
            Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(value)),
            Avx.ConvertToVector256Single(Avx2.ConvertToVector256Int32(Sse2.ShiftRightLogical128BitLane(value, 8))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Dot(sbyte* key, short* query, nint channels)
    {
        // Two products of at most 127 · 127 fit 32 bits with room for a hundred thousand channels.
        Vector256<int> sum = Vector256<int>.Zero;
        for (nint i = 0; i < channels; i += 16)
        {
            sum += Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(key + i), Vector256.Load(query + i));
        }

        return sum.GetLower() + sum.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldSum(Avx2Lanes value)
    {
        Vector256<float> eight = value._low + value._high;
        return eight.GetLower() + eight.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldLarger(Avx2Lanes value)
    {
        Vector256<float> eight = Avx.Max(value._low, value._high);
        return Sse.Max(eight.GetLower(), eight.GetUpper());
    }
}
