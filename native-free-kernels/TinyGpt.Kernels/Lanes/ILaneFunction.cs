using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>A function of each lane, known to the compiler of the loop that applies it.</summary>
internal interface ILaneFunction
{
    static abstract TLanes Of<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>;
}

/// <summary>x / (1 + e^(-2u)).</summary>
internal readonly struct GeluTanhFunction : ILaneFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes bounded = TLanes.Larger(x, TLanes.Broadcast(-ActivationConstants.Bound));
        TLanes inner = TLanes.Smaller(bounded, TLanes.Broadcast(ActivationConstants.Bound));
        TLanes cubic = TLanes.FusedMultiplyAdd(inner * inner, TLanes.Broadcast(ActivationConstants.Cubic), one);
        TLanes exponent = inner * cubic * TLanes.Broadcast(ActivationConstants.MinusTwoRootTwoOverPi);
        return bounded / (one + LaneExponential.Exponential(exponent));
    }
}

/// <summary>max(x, 0) - 0.5·|x|·erfc(|x|/√2).</summary>
internal readonly struct GeluErfFunction : ILaneFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes positive = TLanes.Larger(x, TLanes.Zero);
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

        TLanes half = magnitude * TLanes.Broadcast(0.5f);
        TLanes complement = q * t * LaneExponential.Exponential(TLanes.Zero - (half * magnitude));
        return TLanes.FusedNegateMultiplyAdd(half, complement, positive);
    }
}

/// <summary>max(x, 0).</summary>
internal readonly struct ReluFunction : ILaneFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes> => TLanes.Larger(x, TLanes.Zero);
}

/// <summary>x / (1 + e^(-x)).</summary>
internal readonly struct SiluFunction : ILaneFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes bounded = TLanes.Larger(x, TLanes.Broadcast(ActivationConstants.SiluBound));
        return bounded / (TLanes.Broadcast(1f) + LaneExponential.Exponential(TLanes.Zero - bounded));
    }
}
