namespace TinyGpt.Kernels;

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

public readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount)
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            float* values = source + ((nint)group * PanelLayout.InputsPerGroup);
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                activated[i] = Activate(activation, values[i]);
            }

            QuantizeGroup(activated, destination, row, group);
        }
    }

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount)
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                nint output = ((nint)group * PanelLayout.InputsPerGroup) + i;
                nint gate = (2 * output) - (output % PanelLayout.RowsPerPanel);
                activated[i] = Activate(activation, source[gate]) * source[gate + PanelLayout.RowsPerPanel];
            }

            QuantizeGroup(activated, destination, row, group);
        }
    }

    private static float Activate(Activation activation, float x) => activation switch
    {
        Activation.GeluTanh => GeluTanh(x),
        Activation.GeluErf => GeluErf(x),
        Activation.Relu => x > 0f ? x : 0f,
        _ => Silu(x),
    };

    /// <summary>x / (1 + e^(-x)).</summary>
    internal static float Silu(float x)
    {
        float bounded = x > ActivationConstants.SiluBound ? x : ActivationConstants.SiluBound;
        return bounded / (1f + Exponential(-bounded));
    }

    /// <summary>
    /// 0.5·x·(1 + tanh u) = x / (1 + e^(-2u)), because 1 + tanh u = 2 / (1 + e^(-2u)). No cancellation on either side of zero.
    /// </summary>
    internal static float GeluTanh(float x)
    {
        float bounded = x > -ActivationConstants.Bound ? x : -ActivationConstants.Bound;
        float inner = bounded < ActivationConstants.Bound ? bounded : ActivationConstants.Bound;
        float cubic = MathF.FusedMultiplyAdd(inner * inner, ActivationConstants.Cubic, 1f);
        float exponent = inner * cubic * ActivationConstants.MinusTwoRootTwoOverPi;
        return bounded / (1f + Exponential(exponent));
    }

    /// <summary>
    /// 0.5·x·(1 + erf(x/√2)) = max(x, 0) - 0.5·|x|·erfc(|x|/√2): for negative x it is the second term alone, so nothing cancels.
    /// </summary>
    internal static float GeluErf(float x)
    {
        float positive = x > 0f ? x : 0f;
        float magnitude = MathF.Abs(x);
        magnitude = magnitude < ActivationConstants.Bound ? magnitude : ActivationConstants.Bound;
        float t = 1f / MathF.FusedMultiplyAdd(magnitude, ActivationConstants.HalfRootHalf, 1f);

        float q = ActivationConstants.Erfc8;
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc7);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc6);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc5);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc4);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc3);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc2);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc1);
        q = MathF.FusedMultiplyAdd(q, t, ActivationConstants.Erfc0);

        float half = magnitude * 0.5f;
        float complement = q * t * Exponential(-(half * magnitude));
        return MathF.FusedMultiplyAdd(-half, complement, positive);
    }
}
