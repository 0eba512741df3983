using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>GELU on 16 lanes; formulas and sources are described at <see cref="GeluConstants"/> and the scalar tier.</summary>
internal static unsafe class LaneGelu
{
    public static void GeluQuantize<TLanes>(
        float* source, GeluForm form, in QuantizedRows destination, int row, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
    {
        GroupCursor cursor = new(destination, row, firstGroup);
        float* values = source + ((nint)firstGroup * PanelLayout.InputsPerGroup);
        for (int group = 0; group < groupCount; group++)
        {
            if (form == GeluForm.Tanh)
            {
                LaneQuantization.QuantizeGroup(
                    Tanh(TLanes.Load(values)),
                    Tanh(TLanes.Load(values + 16)),
                    Tanh(TLanes.Load(values + 32)),
                    Tanh(TLanes.Load(values + 48)),
                    cursor);
            }
            else
            {
                LaneQuantization.QuantizeGroup(
                    Erf(TLanes.Load(values)),
                    Erf(TLanes.Load(values + 16)),
                    Erf(TLanes.Load(values + 32)),
                    Erf(TLanes.Load(values + 48)),
                    cursor);
            }

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
