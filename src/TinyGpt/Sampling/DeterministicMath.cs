namespace TinyGpt;

/// <summary>
/// e^x and ln x that give the same bits on every machine, which the C library's do not: additions, multiplications and divisions of
/// doubles in a fixed order. The error is a few units in the last place. Thread-safe.
/// </summary>
public static class DeterministicMath
{
    // ln 2 in two parts, of which the first has few enough bits that a product with an exponent is exact (W. J. Cody and W. Waite,
    // Software Manual for the Elementary Functions, 1980).
    private const double Ln2High = 0.693359375;
    private const double Ln2Low = -2.121944400546905827679e-4;
    private const double Log2OfE = 1.4426950408889634074;

    private const int MantissaBits = 52;
    private const int ExponentBias = 1023;

    /// <summary>e^x; 0 below -700, and e^700 above 700.</summary>
    public static double Exp(double x)
    {
        if (x < -700)
        {
            return 0;
        }

        double clamped = x < 700 ? x : 700;
        double n = Math.Round(clamped * Log2OfE, MidpointRounding.ToEven);
        double r = clamped - (n * Ln2High) - (n * Ln2Low);

        // The Taylor series of e^r: |r| is at most 0.35, so that the first term left out is below 2⁻⁵⁶.
        double sum = 1;
        for (int i = 14; i >= 1; i--)
        {
            sum = 1 + (sum * r / i);
        }

        return sum * BitConverter.Int64BitsToDouble(((long)n + ExponentBias) << MantissaBits);
    }

    /// <summary>The natural logarithm of a positive, normal, finite number.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is none of that.</exception>
    public static double Log(double x)
    {
        if (!(x >= 2.2250738585072014e-308 && double.IsFinite(x)))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "A logarithm needs a positive, normal, finite number.");
        }

        long bits = BitConverter.DoubleToInt64Bits(x);
        int exponent = (int)(bits >> MantissaBits) - ExponentBias;
        double mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << MantissaBits) - 1)) | ((long)ExponentBias << MantissaBits));
        if (mantissa > 1.4142135623730951)
        {
            mantissa /= 2;
            exponent++;
        }

        // ln m = 2·artanh(f) with f = (m - 1) / (m + 1): |f| is at most 0.172, so that the first term left out is below 2⁻⁵⁸.
        double f = (mantissa - 1) / (mantissa + 1);
        double square = f * f;
        double sum = 0;
        for (int i = 23; i >= 1; i -= 2)
        {
            sum = (sum * square) + (1.0 / i);
        }

        return (exponent * Ln2High) + ((exponent * Ln2Low) + (2 * f * sum));
    }
}
