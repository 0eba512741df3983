using System.Runtime.CompilerServices;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Training.Numerics;

internal sealed unsafe partial class LaneOperations<TLanes>
{
    private const float InverseRootTwoPi = 0.3989422804f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Gelu(Activation form, float* x, float* y, int count)
    {
        for (int i = 0; i < count; i += Lanes)
        {
            TLanes input = LoadPart(x + i, count - i);
            TLanes output = form == Activation.GeluTanh ? TanhForm(input, out _) : ErfForm(input, out _);
            StorePart(y + i, output, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void GeluBackward(Activation form, float* x, float* y, float* gradient, int count)
    {
        for (int i = 0; i < count; i += Lanes)
        {
            TLanes input = LoadPart(x + i, count - i);
            TLanes output = form == Activation.GeluTanh ? TanhForm(input, out TLanes derivative) : ErfForm(input, out derivative);
            StorePart(y + i, output, count - i);
            StorePart(gradient + i, LoadPart(gradient + i, count - i) * derivative, count - i);
        }
    }

    /// <summary>
    /// x·s and s + x·s·(1 - s)·v, where s = 1 / (1 + e^(-v)) and v = 2·√(2/π)·(x + 0.044715·x³): 0.5·(1 + tanh u) is the logistic
    /// function of 2u. Beyond ±16, where the derivative is 0 or 1, v is that of ±16, which keeps it finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes TanhForm(TLanes x, out TLanes derivative)
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes inner = TLanes.Larger(TLanes.Smaller(x, TLanes.Broadcast(ActivationConstants.Bound)), TLanes.Broadcast(-ActivationConstants.Bound));
        TLanes square = inner * inner;
        TLanes cubic = TLanes.FusedMultiplyAdd(square, TLanes.Broadcast(ActivationConstants.Cubic), one);
        TLanes share = one / (one + LaneExponential.Exponential(inner * cubic * TLanes.Broadcast(ActivationConstants.MinusTwoRootTwoOverPi)));
        TLanes slope = TLanes.FusedMultiplyAdd(square, TLanes.Broadcast(3 * ActivationConstants.Cubic), one)
            * TLanes.Broadcast(-ActivationConstants.MinusTwoRootTwoOverPi);
        derivative = TLanes.FusedMultiplyAdd(inner * share * (one - share), slope, share);
        return x * share;
    }

    /// <summary>x·Φ(x) and Φ(x) + x·φ(x), with Φ from the complement, so that nothing cancels for negative x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes ErfForm(TLanes x, out TLanes derivative)
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes magnitude = TLanes.Smaller(TLanes.Absolute(x), TLanes.Broadcast(ActivationConstants.Bound));
        TLanes t = one / TLanes.FusedMultiplyAdd(magnitude, TLanes.Broadcast(ActivationConstants.HalfRootHalf), one);
        TLanes q = TLanes.Broadcast(ActivationConstants.Erfc8);
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc7));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc6));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc5));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc4));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc3));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc2));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc1));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(ActivationConstants.Erfc0));

        TLanes bell = LaneExponential.Exponential(magnitude * magnitude * TLanes.Broadcast(-0.5f));
        TLanes tail = q * t * bell * TLanes.Broadcast(0.5f);
        TLanes share = TLanes.ZeroWhereLess(x, TLanes.Zero, one - tail - tail) + tail;
        derivative = TLanes.FusedMultiplyAdd(x * bell, TLanes.Broadcast(InverseRootTwoPi), share);
        return x * share;
    }
}
