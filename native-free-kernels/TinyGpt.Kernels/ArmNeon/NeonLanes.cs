using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using TinyGpt.Kernels.Lanes;

namespace TinyGpt.Kernels.ArmNeon;

/// <summary>
/// Sixteen lanes in four 128-bit registers. Maximum and minimum are comparisons with selections, because <c>fmax</c> differs
/// from x86 for NaN and zeros of both signs.
/// </summary>
internal readonly unsafe struct NeonLanes : ILanes<NeonLanes>
{
    private readonly Vector128<float> _a;
    private readonly Vector128<float> _b;
    private readonly Vector128<float> _c;
    private readonly Vector128<float> _d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private NeonLanes(Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        _a = a;
        _b = b;
        _c = c;
        _d = d;
    }

    public static NeonLanes Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Broadcast(float value)
    {
        Vector128<float> lanes = Vector128.Create(value);
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Broadcast(float* source)
    {
        Vector128<float> lanes = AdvSimd.LoadAndReplicateToVector128(source);
        return new(lanes, lanes, lanes, lanes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Load(float* source) =>
        new(
            AdvSimd.LoadVector128(source),
            AdvSimd.LoadVector128(source + 4),
            AdvSimd.LoadVector128(source + 8),
            AdvSimd.LoadVector128(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, NeonLanes value)
    {
        AdvSimd.Store(destination, value._a);
        AdvSimd.Store(destination + 4, value._b);
        AdvSimd.Store(destination + 8, value._c);
        AdvSimd.Store(destination + 12, value._d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes operator +(NeonLanes left, NeonLanes right) =>
        new(left._a + right._a, left._b + right._b, left._c + right._c, left._d + right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes operator -(NeonLanes left, NeonLanes right) =>
        new(left._a - right._a, left._b - right._b, left._c - right._c, left._d - right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes operator *(NeonLanes left, NeonLanes right) =>
        new(left._a * right._a, left._b * right._b, left._c * right._c, left._d * right._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes operator /(NeonLanes left, NeonLanes right) =>
        new(
            AdvSimd.Arm64.Divide(left._a, right._a),
            AdvSimd.Arm64.Divide(left._b, right._b),
            AdvSimd.Arm64.Divide(left._c, right._c),
            AdvSimd.Arm64.Divide(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes FusedMultiplyAdd(NeonLanes left, NeonLanes right, NeonLanes addend) =>
        new(
            AdvSimd.FusedMultiplyAdd(addend._a, left._a, right._a),
            AdvSimd.FusedMultiplyAdd(addend._b, left._b, right._b),
            AdvSimd.FusedMultiplyAdd(addend._c, left._c, right._c),
            AdvSimd.FusedMultiplyAdd(addend._d, left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes FusedNegateMultiplyAdd(NeonLanes left, NeonLanes right, NeonLanes addend) =>
        new(
            AdvSimd.FusedMultiplySubtract(addend._a, left._a, right._a),
            AdvSimd.FusedMultiplySubtract(addend._b, left._b, right._b),
            AdvSimd.FusedMultiplySubtract(addend._c, left._c, right._c),
            AdvSimd.FusedMultiplySubtract(addend._d, left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes SwapPairs(NeonLanes value) =>
        new(SwapPairs(value._a), SwapPairs(value._b), SwapPairs(value._c), SwapPairs(value._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Absolute(NeonLanes value) =>
        new(AdvSimd.Abs(value._a), AdvSimd.Abs(value._b), AdvSimd.Abs(value._c), AdvSimd.Abs(value._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Larger(NeonLanes left, NeonLanes right) =>
        new(Larger(left._a, right._a), Larger(left._b, right._b), Larger(left._c, right._c), Larger(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Smaller(NeonLanes left, NeonLanes right) =>
        new(Smaller(left._a, right._a), Smaller(left._b, right._b), Smaller(left._c, right._c), Smaller(left._d, right._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes ZeroWhereLess(NeonLanes tested, NeonLanes bound, NeonLanes value) =>
        new(
            AdvSimd.BitwiseClear(value._a, AdvSimd.CompareLessThan(tested._a, bound._a)),
            AdvSimd.BitwiseClear(value._b, AdvSimd.CompareLessThan(tested._b, bound._b)),
            AdvSimd.BitwiseClear(value._c, AdvSimd.CompareLessThan(tested._c, bound._c)),
            AdvSimd.BitwiseClear(value._d, AdvSimd.CompareLessThan(tested._d, bound._d)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes KeepFirst(NeonLanes value, int count) =>
        new(
            KeepFirst(value._a, count),
            KeepFirst(value._b, count - 4),
            KeepFirst(value._c, count - 8),
            KeepFirst(value._d, count - 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AnyEqual(NeonLanes left, NeonLanes right)
    {
        Vector128<uint> low = (AdvSimd.CompareEqual(left._a, right._a) | AdvSimd.CompareEqual(left._b, right._b)).AsUInt32();
        Vector128<uint> high = (AdvSimd.CompareEqual(left._c, right._c) | AdvSimd.CompareEqual(left._d, right._d)).AsUInt32();
        return AdvSimd.Arm64.MaxAcross(low | high).ToScalar() != 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes Round(NeonLanes value) =>
        new(
            AdvSimd.RoundToNearest(value._a),
            AdvSimd.RoundToNearest(value._b),
            AdvSimd.RoundToNearest(value._c),
            AdvSimd.RoundToNearest(value._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes MultiplyByPowerOfTwo(NeonLanes value, NeonLanes exponent) =>
        new(
            value._a * PowerOfTwo(exponent._a),
            value._b * PowerOfTwo(exponent._b),
            value._c * PowerOfTwo(exponent._c),
            value._d * PowerOfTwo(exponent._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> ToQuantized(NeonLanes value) =>
        AdvSimd.ExtractNarrowingUpper(
            AdvSimd.ExtractNarrowingLower(ToWords(value._a, value._b)), ToWords(value._c, value._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NeonLanes FromQuantized(Vector128<sbyte> value)
    {
        Vector128<short> low = AdvSimd.SignExtendWideningLower(value.GetLower());
        Vector128<short> high = AdvSimd.SignExtendWideningUpper(value);
        return new(
            AdvSimd.ConvertToSingle(AdvSimd.SignExtendWideningLower(low.GetLower())),
            AdvSimd.ConvertToSingle(AdvSimd.SignExtendWideningUpper(low)),
            AdvSimd.ConvertToSingle(AdvSimd.SignExtendWideningLower(high.GetLower())),
            AdvSimd.ConvertToSingle(AdvSimd.SignExtendWideningUpper(high)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Dot(sbyte* key, short* query, nint channels)
    {
        Vector128<int> sum = Vector128<int>.Zero;
        for (nint i = 0; i < channels; i += 16)
        {
            Vector128<sbyte> bytes = AdvSimd.LoadVector128(key + i);
            Vector128<short> low = AdvSimd.SignExtendWideningLower(bytes.GetLower());
            Vector128<short> high = AdvSimd.SignExtendWideningUpper(bytes);
            Vector128<short> queryLow = AdvSimd.LoadVector128(query + i);
            Vector128<short> queryHigh = AdvSimd.LoadVector128(query + i + 8);
            sum = AdvSimd.MultiplyWideningLowerAndAdd(sum, low.GetLower(), queryLow.GetLower());
            sum = AdvSimd.MultiplyWideningUpperAndAdd(sum, low, queryLow);
            sum = AdvSimd.MultiplyWideningLowerAndAdd(sum, high.GetLower(), queryHigh.GetLower());
            sum = AdvSimd.MultiplyWideningUpperAndAdd(sum, high, queryHigh);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldSum(NeonLanes value) => (value._a + value._c) + (value._b + value._d);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> FoldLarger(NeonLanes value) =>
        Larger(Larger(value._a, value._c), Larger(value._b, value._d));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Larger(Vector128<float> left, Vector128<float> right) =>
        AdvSimd.BitwiseSelect(AdvSimd.CompareGreaterThan(left, right), left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Smaller(Vector128<float> left, Vector128<float> right) =>
        AdvSimd.BitwiseSelect(AdvSimd.CompareLessThan(left, right), left, right);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> SwapPairs(Vector128<float> value) => AdvSimd.ReverseElement32(value.AsInt64()).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> KeepFirst(Vector128<float> value, int count) =>
        value & Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> PowerOfTwo(Vector128<float> exponent) =>
        ((AdvSimd.ConvertToInt32RoundToEven(exponent) + Vector128.Create(127)) << 23).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> ToWords(Vector128<float> low, Vector128<float> high) =>
        AdvSimd.ExtractNarrowingUpper(
            AdvSimd.ExtractNarrowingLower(AdvSimd.ConvertToInt32RoundToEven(low)), AdvSimd.ConvertToInt32RoundToEven(high));
}
