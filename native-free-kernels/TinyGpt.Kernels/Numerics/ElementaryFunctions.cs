namespace TinyGpt.Kernels.Numerics;

/// <summary>
/// Functions of double precision that give the same bits on every machine, which <see cref="Math"/> does not promise: sums, products,
/// quotients and roundings to integers only, none of them fused. Arguments are reduced by a constant in two parts, of which the first has 33
/// bits, so that its multiples below 2²⁰ are exact (W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980); what is
/// left goes into the Taylor series. Thread-safe.
/// </summary>
internal static class ElementaryFunctions
{
    /// <summary>The largest magnitude of an angle for which <see cref="SineAndCosine"/> is as exact as it says.</summary>
    public const double MaxAngle = 1 << 20;

    private const double TwoOverPi = 0.6366197723675814;
    private const double HalfPiHigh = 1.5707963267341256;
    private const double HalfPiLow = 6.077100506506192e-11;
    private const double OneOverLn2 = 1.4426950408889634;
    private const double Ln2High = 0.6931471804855391;
    private const double Ln2Low = 7.440617110012397e-11;
    private const int FractionBits = 52;
    private const int ExponentBias = 1023;

    /// <summary>Sine and cosine, each with an error below 10⁻¹⁵ where the angle is within <see cref="MaxAngle"/>.</summary>
    /// <param name="angle">The angle in radians.</param>
    public static (double Sine, double Cosine) SineAndCosine(double angle)
    {
        double turns = Math.Round(angle * TwoOverPi, MidpointRounding.ToEven);
        double r = angle - (turns * HalfPiHigh) - (turns * HalfPiLow);
        double square = r * r;

        double sine = 1.0 / 355687428096000; // 17!
        sine = (sine * square) - (1.0 / 1307674368000);
        sine = (sine * square) + (1.0 / 6227020800);
        sine = (sine * square) - (1.0 / 39916800);
        sine = (sine * square) + (1.0 / 362880);
        sine = (sine * square) - (1.0 / 5040);
        sine = (sine * square) + (1.0 / 120);
        sine = (sine * square) - (1.0 / 6);
        sine = (sine * square * r) + r;

        double cosine = 1.0 / 20922789888000; // 16!
        cosine = (cosine * square) - (1.0 / 87178291200);
        cosine = (cosine * square) + (1.0 / 479001600);
        cosine = (cosine * square) - (1.0 / 3628800);
        cosine = (cosine * square) + (1.0 / 40320);
        cosine = (cosine * square) - (1.0 / 720);
        cosine = (cosine * square) + (1.0 / 24);
        cosine = (cosine * square) - 0.5;
        cosine = (cosine * square) + 1;

        return ((long)turns & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }

    /// <summary>e^x with a relative error below 10⁻¹⁵.</summary>
    /// <param name="x">From -700 to 700.</param>
    public static double Exponential(double x)
    {
        double n = Math.Round(x * OneOverLn2, MidpointRounding.ToEven);
        double r = x - (n * Ln2High) - (n * Ln2Low);
        double sum = 1;
        for (int term = 14; term > 0; term--)
        {
            sum = (sum * r / term) + 1;
        }

        return sum * BitConverter.Int64BitsToDouble(((long)n + ExponentBias) << FractionBits);
    }

    /// <summary>
    /// The natural logarithm with an error below 10⁻¹⁵ of its magnitude or of 1: <c>ln m = 2·artanh((m - 1) / (m + 1))</c> for a mantissa m
    /// from √½ to √2.
    /// </summary>
    /// <param name="x">Positive, finite and not subnormal.</param>
    public static double Logarithm(double x)
    {
        const double RootTwo = 1.4142135623730951;

        long bits = BitConverter.DoubleToInt64Bits(x);
        long exponent = (bits >> FractionBits) - ExponentBias;
        double mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << FractionBits) - 1)) | ((long)ExponentBias << FractionBits));
        if (mantissa > RootTwo)
        {
            mantissa *= 0.5;
            exponent++;
        }

        double s = (mantissa - 1) / (mantissa + 1);
        double square = s * s;
        double sum = 0;
        for (int power = 23; power >= 3; power -= 2)
        {
            sum = (sum + (1.0 / power)) * square;
        }

        return (exponent * Ln2High) + ((exponent * Ln2Low) + (2 * ((s * sum) + s)));
    }
}
