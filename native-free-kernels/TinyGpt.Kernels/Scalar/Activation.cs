using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            float* values = source + ((nint)group * PanelLayout.InputsPerGroup);
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                activated[i] = Activate(activation, values[i]);
            }

            QuantizeGroup(activated, destination, token, group);
        }
    }

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                nint output = ((nint)group * PanelLayout.InputsPerGroup) + i;
                nint gate = (2 * output) - (output % PanelLayout.OutputsPerPanel);
                activated[i] = Activate(activation, source[gate]) * source[gate + PanelLayout.OutputsPerPanel];
            }

            QuantizeGroup(activated, destination, token, group);
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
