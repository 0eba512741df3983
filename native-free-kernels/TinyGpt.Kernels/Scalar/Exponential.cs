namespace TinyGpt.Kernels;

/// <summary>
/// The constants of e^x. Method: x = n·ln 2 + r with integer n and |r| ≤ ln 2 / 2, then e^x = 2ⁿ·e^r (W. J. Cody and W. Waite, Software
/// Manual for the Elementary Functions, 1980; the two-part ln 2 is that of S. Moshier's Cephes library). The polynomial was fitted for
/// this project: (e^r - 1 - r) / r² interpolated at Chebyshev nodes, relative error of e^r below 1.1e-8 before float rounding.
/// </summary>
internal static class ExponentialConstants
{
    /// <summary>Below this the result is 0, which keeps 2ⁿ a normal number.</summary>
    public const float Smallest = -87f;

    /// <summary>Larger arguments count as this one, which keeps the result finite.</summary>
    public const float Largest = 88f;

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

public readonly unsafe partial struct ScalarKernels
{
    /// <summary>e^x; 0 below -87 and e⁸⁸ above 88.</summary>
    internal static float Exponential(float x)
    {
        if (x < ExponentialConstants.Smallest)
        {
            return 0f;
        }

        float clamped = x < ExponentialConstants.Largest ? x : ExponentialConstants.Largest;
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
