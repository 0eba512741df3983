namespace TinyGpt.Kernels.Numerics;

/// <summary>
/// The constants of e^x. Method: x = n·ln 2 + r with integer n and |r| ≤ ln 2 / 2, then e^x = 2ⁿ·e^r (W. J. Cody and W. Waite, Software
/// Manual for the Elementary Functions, 1980; the two-part ln 2 is that of S. Moshier's Cephes library). The polynomial was fitted for
/// this project: (e^r - 1 - r) / r² interpolated at Chebyshev nodes, relative error of e^r below 1.1e-8 before float rounding.
/// </summary>
internal static class ExponentialConstants
{
    /// <summary>Below this the result is 0, which keeps 2ⁿ a normal number.</summary>
    public const float MinArgument = -87f;

    /// <summary>Larger arguments count as this one, which keeps the result finite.</summary>
    public const float MaxArgument = 88f;

    public const float Log2OfE = 1.44269504f;

    /// <summary>The high part of ln 2: few bits, so that n times it is exact.</summary>
    public const float Ln2High = 0.693359375f;

    /// <summary>ln 2 minus its high part.</summary>
    public const float Ln2Low = -2.12194440e-4f;

    public const float Coefficient0 = 0.5f;
    public const float Coefficient1 = 0.16666576266288757f;
    public const float Coefficient2 = 0.041666556149721146f;
    public const float Coefficient3 = 0.008363203145563602f;
    public const float Coefficient4 = 0.0013926213141530752f;
}
