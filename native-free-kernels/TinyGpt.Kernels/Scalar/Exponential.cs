using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <summary>e^x; 0 below -87 and e⁸⁸ above 88.</summary>
    internal static float Exponential(float x)
    {
        if (x < ExponentialConstants.MinArgument)
        {
            return 0f;
        }

        float clamped = x < ExponentialConstants.MaxArgument ? x : ExponentialConstants.MaxArgument;
        float n = MathF.Round(clamped * ExponentialConstants.Log2OfE, MidpointRounding.ToEven);
        float r = MathF.FusedMultiplyAdd(n, -ExponentialConstants.Ln2High, clamped);
        r = MathF.FusedMultiplyAdd(n, -ExponentialConstants.Ln2Low, r);

        float p = ExponentialConstants.Coefficient4;
        p = MathF.FusedMultiplyAdd(p, r, ExponentialConstants.Coefficient3);
        p = MathF.FusedMultiplyAdd(p, r, ExponentialConstants.Coefficient2);
        p = MathF.FusedMultiplyAdd(p, r, ExponentialConstants.Coefficient1);
        p = MathF.FusedMultiplyAdd(p, r, ExponentialConstants.Coefficient0);
        p = MathF.FusedMultiplyAdd(p, r * r, r) + 1f;

        float powerOfTwo = BitConverter.Int32BitsToSingle(((int)n + 127) << 23);
        return p * powerOfTwo;
    }

    /// <inheritdoc/>
    public static void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights)
    {
        for (int i = 0; i < count; i++)
        {
            weights[i] = Exponential((logits[i] - maximum) * inverseTemperature);
        }
    }
}
