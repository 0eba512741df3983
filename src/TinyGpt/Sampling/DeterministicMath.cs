using TinyGpt.Kernels.Numerics;

namespace TinyGpt;

/// <summary>
/// e^x and ln x for any argument, with the same bits on every machine, which the C library's do not have: <see cref="ElementaryFunctions"/>
/// with the ends of its ranges minded. The error is a few units in the last place. Thread-safe.
/// </summary>
public static class DeterministicMath
{
    private const double LargestExponent = 700;

    /// <summary>e^x; 0 below -700, and e^700 above 700.</summary>
    public static double Exp(double x) =>
        x < -LargestExponent ? 0 : ElementaryFunctions.Exponential(x < LargestExponent ? x : LargestExponent);

    /// <summary>The natural logarithm of a positive, normal, finite number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is none of that.</exception>
    public static double Log(double x) => x >= 2.2250738585072014e-308 && double.IsFinite(x)
        ? ElementaryFunctions.Logarithm(x)
        : throw new ArgumentOutOfRangeException(nameof(x), x, "A logarithm needs a positive, normal, finite number.");
}
