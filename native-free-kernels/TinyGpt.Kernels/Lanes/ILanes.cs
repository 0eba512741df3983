using System.Runtime.Intrinsics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// Sixteen float lanes: one register of 512 bits, two of 256 or four of 128. Whatever the register size, each operation computes each lane by
/// the same IEEE 754 operation, and the folds add the same pairs. So code written over this interface gives the same bits on every
/// processor. Nothing here may use an estimate, a contraction or an instruction whose answer for NaN or zeros differs between machines.
/// </summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract TSelf Zero { get; }

    static abstract TSelf Broadcast(float value);

    /// <summary>Broadcasts a float from memory, which costs only a load.</summary>
    static abstract TSelf Broadcast(float* source);

    /// <summary>Loads 16 floats of any alignment.</summary>
    static abstract TSelf Load(float* source);

    /// <summary>Stores 16 floats at any alignment.</summary>
    static abstract void Store(float* destination, TSelf value);

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>-(left · right) + addend, rounded once.</summary>
    static abstract TSelf FusedNegateMultiplyAdd(TSelf left, TSelf right, TSelf addend);

    /// <summary>Lane 1, 0, 3, 2, 5, 4 and so on.</summary>
    static abstract TSelf SwapPairs(TSelf value);

    static abstract TSelf Absolute(TSelf value);

    /// <summary>left &gt; right ? left : right, also for zeros and NaN.</summary>
    static abstract TSelf Larger(TSelf left, TSelf right);

    /// <summary>left &lt; right ? left : right, also for zeros and NaN.</summary>
    static abstract TSelf Smaller(TSelf left, TSelf right);

    /// <summary>tested &lt; bound ? 0 : value.</summary>
    static abstract TSelf ZeroWhereLess(TSelf tested, TSelf bound, TSelf value);

    /// <summary>Keeps the first lanes and makes the others +0.</summary>
    static abstract TSelf KeepFirst(TSelf value, int count);

    /// <summary>Whether any lane of both vectors is equal.</summary>
    static abstract bool AnyEqual(TSelf left, TSelf right);

    /// <summary>The nearest integer, ties to even.</summary>
    static abstract TSelf Round(TSelf value);

    /// <summary>value · 2^exponent, where the exponent is an integer from -126 to 127.</summary>
    static abstract TSelf MultiplyByPowerOfTwo(TSelf value, TSelf exponent);

    /// <summary>Rounds to the nearest integer, ties to even, where every lane is from -127 to 127.</summary>
    static abstract Vector128<sbyte> ToQuantized(TSelf value);

    static abstract TSelf FromQuantized(Vector128<sbyte> value);

    /// <summary>Four integers whose sum is the dot product of quantized numbers. They are exact, so each tier may group them freely.</summary>
    /// <param name="key">int8 in [-127, 127].</param>
    /// <param name="query">int16 in [-127, 127].</param>
    /// <param name="channels">A multiple of 16.</param>
    static abstract Vector128<int> Dot(sbyte* key, short* query, nint channels);

    /// <summary>The first two steps of the sum tree: lane i + lane i+8, then lane i + lane i+4.</summary>
    static abstract Vector128<float> FoldSum(TSelf value);

    /// <summary>The same two steps with <see cref="Larger"/>.</summary>
    static abstract Vector128<float> FoldLarger(TSelf value);
}
