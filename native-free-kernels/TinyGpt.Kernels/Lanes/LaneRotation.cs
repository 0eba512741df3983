using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>Rotary positions on 16 lanes, one a channel: the lanes of a pair are neighbours, so its other half is a swap away.</summary>
internal static unsafe class LaneRotation
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate<TLanes>(float* head, float* cosines, float* sines, int channels)
        where TLanes : struct, ILanes<TLanes>
    {
        for (int i = 0; i < channels; i += PanelLayout.VirtualLanes)
        {
            TLanes values = TLanes.Load(head + i);
            TLanes turned = TLanes.FusedMultiplyAdd(
                TLanes.SwapPairs(values), TLanes.Load(sines + i), values * TLanes.Load(cosines + i));
            TLanes.Store(head + i, turned);
        }
    }
}
