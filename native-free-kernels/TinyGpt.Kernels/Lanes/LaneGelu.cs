using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>GELU on 16 lanes; formulas and sources are described at <see cref="GeluConstants"/> and the scalar tier.</summary>
internal static unsafe class LaneGelu
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ActivateQuantize<TLanes>(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
    {
        // A block of its own for the results keeps the loops small: sixteen inlined exponentials would exceed what the compiler inlines.
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        GroupCursor cursor = new(destination, row, firstGroup);
        float* values = source + ((nint)firstGroup * PanelLayout.InputsPerGroup);
        for (int group = 0; group < groupCount; group++)
        {
            if (activation == Activation.GeluTanh)
            {
                for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
                {
                    TLanes.Store(activated + i, Tanh(TLanes.Load(values + i)));
                }
            }
            else
            {
                for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
                {
                    TLanes.Store(activated + i, Erf(TLanes.Load(values + i)));
                }
            }

            LaneQuantization.QuantizeGroup(
                TLanes.Load(activated), TLanes.Load(activated + 16), TLanes.Load(activated + 32), TLanes.Load(activated + 48), cursor);
            cursor.MoveNext();
            values += PanelLayout.InputsPerGroup;
        }
    }

    /// <summary>x / (1 + e^(-2u)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Tanh<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes bounded = TLanes.Larger(x, TLanes.Broadcast(-GeluConstants.Bound));
        TLanes inner = TLanes.Smaller(bounded, TLanes.Broadcast(GeluConstants.Bound));
        TLanes cubic = TLanes.FusedMultiplyAdd(inner * inner, TLanes.Broadcast(GeluConstants.Cubic), one);
        TLanes exponent = inner * cubic * TLanes.Broadcast(GeluConstants.MinusTwoRootTwoOverPi);
        return bounded / (one + LaneExponential.Exponential(exponent));
    }

    /// <summary>max(x, 0) - 0.5·|x|·erfc(|x|/√2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Erf<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes one = TLanes.Broadcast(1f);
        TLanes positive = TLanes.Larger(x, TLanes.Zero);
        TLanes magnitude = TLanes.Smaller(TLanes.Absolute(x), TLanes.Broadcast(GeluConstants.Bound));
        TLanes t = one / TLanes.FusedMultiplyAdd(magnitude, TLanes.Broadcast(GeluConstants.HalfRootHalf), one);

        TLanes q = TLanes.Broadcast(GeluConstants.Erfc8);
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc7));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc6));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc5));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc4));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc3));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc2));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc1));
        q = TLanes.FusedMultiplyAdd(q, t, TLanes.Broadcast(GeluConstants.Erfc0));

        TLanes half = magnitude * TLanes.Broadcast(0.5f);
        TLanes complement = q * t * LaneExponential.Exponential(TLanes.Zero - (half * magnitude));
        return TLanes.FusedNegateMultiplyAdd(half, complement, positive);
    }
}
