namespace TinyGpt.Kernels.Numerics;

/// <summary>The constants of activations.</summary>
internal static class ActivationConstants
{
    /// <summary>Below -87 SiLU is that of -87, less than 2⁻¹¹⁸ in magnitude: there the exponential's own bound would let it grow again.</summary>
    public const float SiluBound = -87f;

    /// <summary>Beyond ±16 GELU is x or 0 to the last bit of a float; clamping there keeps squares and cubes finite.</summary>
    public const float Bound = 16f;

    /// <summary>The cubic term of the tanh form (Hendrycks and Gimpel, 2016).</summary>
    public const float Cubic = 0.044715f;

    /// <summary>-2·√(2/π): what turns x + 0.044715·x³ into the exponent of e^(-2u).</summary>
    public const float MinusTwoRootTwoOverPi = -1.59576912f;

    /// <summary>1/(2√2): the t of the erf form is 1 / (1 + z/2) with z = |x|/√2.</summary>
    public const float HalfRootHalf = 0.353553391f;

    // e^(z²)·erfc(z) = t·Q(t), t = 1 / (1 + z/2): the shape of Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26. Q was
    // fitted for this project by interpolation at Chebyshev nodes for z ≤ 10; relative error below 6e-8 before float rounding, where
    // 7.1.26 itself has an absolute error of 1.5e-7.
    public const float Erfc0 = 0.282082677f;
    public const float Erfc1 = 0.282445043f;
    public const float Erfc2 = 0.242572889f;
    public const float Erfc3 = 0.204853654f;
    public const float Erfc4 = -0.0318417586f;
    public const float Erfc5 = 0.285697699f;
    public const float Erfc6 = -0.493863642f;
    public const float Erfc7 = 0.287768304f;
    public const float Erfc8 = -0.0597149208f;
}
