using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Lanes;

/// <summary>e^x on 16 lanes; the method and its sources are described at <see cref="ExponentialConstants"/>.</summary>
internal static unsafe class LaneExponential
{
    /// <summary>e^x; 0 below -87 and e⁸⁸ above 88. The results for arguments below -87 are discarded at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Exponential<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes clamped = TLanes.Smaller(x, TLanes.Broadcast(ExponentialConstants.MaxArgument));
        TLanes n = TLanes.Round(clamped * TLanes.Broadcast(ExponentialConstants.Log2OfE));
        TLanes r = TLanes.FusedNegateMultiplyAdd(n, TLanes.Broadcast(ExponentialConstants.Ln2High), clamped);
        r = TLanes.FusedNegateMultiplyAdd(n, TLanes.Broadcast(ExponentialConstants.Ln2Low), r);

        TLanes p = TLanes.Broadcast(ExponentialConstants.Coefficient4);
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(ExponentialConstants.Coefficient3));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(ExponentialConstants.Coefficient2));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(ExponentialConstants.Coefficient1));
        p = TLanes.FusedMultiplyAdd(p, r, TLanes.Broadcast(ExponentialConstants.Coefficient0));
        p = TLanes.FusedMultiplyAdd(p, r * r, r) + TLanes.Broadcast(1f);

        return TLanes.ZeroWhereLess(x, TLanes.Broadcast(ExponentialConstants.MinArgument), TLanes.MultiplyByPowerOfTwo(p, n));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SoftmaxWeights<TLanes>(float* logits, int count, float maximum, float inverseTemperature, float* weights)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes maximumLanes = TLanes.Broadcast(maximum);
        TLanes inverseLanes = TLanes.Broadcast(inverseTemperature);
        int i = 0;
        for (; i + PanelLayout.VirtualLanes <= count; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(weights + i, Exponential((TLanes.Load(logits + i) - maximumLanes) * inverseLanes));
        }

        if (i < count)
        {
            // The logits have no padding here, so the tail goes through a separate full block.
            float* block = stackalloc float[PanelLayout.VirtualLanes];
            new ReadOnlySpan<float>(logits + i, count - i).CopyTo(new Span<float>(block, PanelLayout.VirtualLanes));
            TLanes.Store(block, Exponential((TLanes.Load(block) - maximumLanes) * inverseLanes));
            new ReadOnlySpan<float>(block, count - i).CopyTo(new Span<float>(weights + i, count - i));
        }
    }
}
