namespace TinyGpt.Kernels;

/// <summary>The constants of both forms of GELU.</summary>
internal static class GeluConstants
{
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

public readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void ActivateQuantize(float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount)
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            float* values = source + ((nint)group * PanelLayout.InputsPerGroup);
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                activated[i] = activation == Activation.GeluTanh ? GeluTanh(values[i]) : GeluErf(values[i]);
            }

            QuantizeGroup(activated, destination, row, group);
        }
    }

    /// <summary>
    /// 0.5·x·(1 + tanh u) = x / (1 + e^(-2u)), because 1 + tanh u = 2 / (1 + e^(-2u)). No cancellation on either side of zero.
    /// </summary>
    internal static float GeluTanh(float x)
    {
        float bounded = x > -GeluConstants.Bound ? x : -GeluConstants.Bound;
        float inner = bounded < GeluConstants.Bound ? bounded : GeluConstants.Bound;
        float cubic = MathF.FusedMultiplyAdd(inner * inner, GeluConstants.Cubic, 1f);
        float exponent = inner * cubic * GeluConstants.MinusTwoRootTwoOverPi;
        return bounded / (1f + Exponential(exponent));
    }

    /// <summary>
    /// 0.5·x·(1 + erf(x/√2)) = max(x, 0) - 0.5·|x|·erfc(|x|/√2): for negative x it is the second term alone, so nothing cancels.
    /// </summary>
    internal static float GeluErf(float x)
    {
        float positive = x > 0f ? x : 0f;
        float magnitude = MathF.Abs(x);
        magnitude = magnitude < GeluConstants.Bound ? magnitude : GeluConstants.Bound;
        float t = 1f / MathF.FusedMultiplyAdd(magnitude, GeluConstants.HalfRootHalf, 1f);

        float q = GeluConstants.Erfc8;
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc7);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc6);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc5);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc4);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc3);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc2);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc1);
        q = MathF.FusedMultiplyAdd(q, t, GeluConstants.Erfc0);

        float half = magnitude * 0.5f;
        float complement = q * t * Exponential(-(half * magnitude));
        return MathF.FusedMultiplyAdd(-half, complement, positive);
    }
}
