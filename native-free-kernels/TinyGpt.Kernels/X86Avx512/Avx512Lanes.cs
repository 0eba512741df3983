using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.X86Avx2;

namespace TinyGpt.Kernels.X86Avx512;

/// <summary>Sixteen lanes in one 512-bit register.</summary>
internal readonly unsafe struct Avx512Lanes : ILanes<Avx512Lanes>
{
    private readonly Vector512<float> _lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Avx512Lanes(Vector512<float> lanes) => _lanes = lanes;

    public static Avx512Lanes Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Broadcast(float* source) => new(Vector512.Create(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Avx512Lanes value) => value._lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes operator +(Avx512Lanes left, Avx512Lanes right) => new(left._lanes + right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes operator -(Avx512Lanes left, Avx512Lanes right) => new(left._lanes - right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes operator *(Avx512Lanes left, Avx512Lanes right) => new(left._lanes * right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes operator /(Avx512Lanes left, Avx512Lanes right) => new(left._lanes / right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes FusedMultiplyAdd(Avx512Lanes left, Avx512Lanes right, Avx512Lanes addend) =>
        new(Avx512F.FusedMultiplyAdd(left._lanes, right._lanes, addend._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes FusedNegateMultiplyAdd(Avx512Lanes left, Avx512Lanes right, Avx512Lanes addend) =>
        new(Avx512F.FusedMultiplyAddNegated(left._lanes, right._lanes, addend._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes SwapPairs(Avx512Lanes value) => new(Avx512F.Permute4x32(value._lanes, 0b10_11_00_01));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Absolute(Avx512Lanes value) => new(Vector512.Abs(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Larger(Avx512Lanes left, Avx512Lanes right) => new(Avx512F.Max(left._lanes, right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Smaller(Avx512Lanes left, Avx512Lanes right) => new(Avx512F.Min(left._lanes, right._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes ZeroWhereLess(Avx512Lanes tested, Avx512Lanes bound, Avx512Lanes value) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(tested._lanes, bound._lanes), Vector512<float>.Zero, value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes KeepFirst(Avx512Lanes value, int count)
    {
        Vector512<int> kept = Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count));
        return new(Vector512.ConditionalSelect(kept.AsSingle(), value._lanes, Vector512<float>.Zero));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyEqual(Avx512Lanes left, Avx512Lanes right) => Vector512.EqualsAny(left._lanes, right._lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes Round(Avx512Lanes value)
    {
        const byte NearestEvenWithoutFraction = 0;
        return new(Avx512F.RoundScale(value._lanes, NearestEvenWithoutFraction));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes MultiplyByPowerOfTwo(Avx512Lanes value, Avx512Lanes exponent)
    {
        Vector512<int> bits = (Avx512F.ConvertToVector512Int32(exponent._lanes) + Vector512.Create(127)) << 23;
        return new(value._lanes * bits.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> ToQuantized(Avx512Lanes value) =>
        Avx512F.ConvertToVector128SByte(Avx512F.ConvertToVector512Int32(value._lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Avx512Lanes FromQuantized(Vector128<sbyte> value) =>
        new(Avx512F.ConvertToVector512Single(Avx512F.ConvertToVector512Int32(value)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Dot(sbyte* key, short* query, nint channels) => Avx2Lanes.Dot(key, query, channels);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldSum(Avx512Lanes value)
    {
        Vector256<float> eight = value._lanes.GetLower() + value._lanes.GetUpper();
        return eight.GetLower() + eight.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldLarger(Avx512Lanes value)
    {
        Vector256<float> eight = Avx.Max(value._lanes.GetLower(), value._lanes.GetUpper());
        return Sse.Max(eight.GetLower(), eight.GetUpper());
    }
}
