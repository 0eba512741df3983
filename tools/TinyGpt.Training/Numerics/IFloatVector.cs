using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Training.Numerics;

/// <summary>One vector register of floats, so that the matrix kernels are written once for every width.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface IFloatVector<TSelf>
    where TSelf : struct, IFloatVector<TSelf>
{
    /// <summary>Floats of a register.</summary>
    static abstract int Count { get; }

    static abstract TSelf Load(float* source);

    static abstract void Store(float* destination, TSelf value);

    static abstract TSelf Broadcast(float* source);

    static abstract TSelf Add(TSelf left, TSelf right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf left, TSelf right, TSelf addend);
}

/// <summary>16 floats.</summary>
internal readonly unsafe struct Float16(Vector512<float> value) : IFloatVector<Float16>
{
    private readonly Vector512<float> _value = value;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Float16 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Broadcast(float* source) => new(Vector512.Create(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 Add(Float16 left, Float16 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float16 MultiplyAdd(Float16 left, Float16 right, Float16 addend) =>
        new(Avx512F.FusedMultiplyAdd(left._value, right._value, addend._value));
}

/// <summary>8 floats.</summary>
internal readonly unsafe struct Float8(Vector256<float> value) : IFloatVector<Float8>
{
    private readonly Vector256<float> _value = value;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Float8 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Broadcast(float* source) => new(Vector256.Create(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 Add(Float8 left, Float8 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float8 MultiplyAdd(Float8 left, Float8 right, Float8 addend) =>
        new(Fma.MultiplyAdd(left._value, right._value, addend._value));
}

/// <summary>4 floats.</summary>
internal readonly unsafe struct Float4(Vector128<float> value) : IFloatVector<Float4>
{
    private readonly Vector128<float> _value = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* destination, Float4 value) => value._value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Broadcast(float* source) => new(Vector128.Create(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 Add(Float4 left, Float4 right) => new(left._value + right._value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Float4 MultiplyAdd(Float4 left, Float4 right, Float4 addend) => AdvSimd.IsSupported
        ? new(AdvSimd.FusedMultiplyAdd(addend._value, left._value, right._value))
        : new(Fma.MultiplyAdd(left._value, right._value, addend._value));
}
