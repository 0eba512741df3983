using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// The first index of the largest value. One loop finds the value, another its place. A block of 16 that holds it is searched from its
/// front, which also settles ties and the equality of the two zeros.
/// </summary>
internal static unsafe class LaneArgMax
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int ArgMax<TLanes>(float* values, int count)
        where TLanes : struct, ILanes<TLanes>
    {
        // The right operand stays where a comparison with NaN fails, so the largest is never NaN.
        TLanes largestLanes = TLanes.Broadcast(float.NegativeInfinity);
        int i = 0;
        for (; i + PanelLayout.VirtualLanes <= count; i += PanelLayout.VirtualLanes)
        {
            largestLanes = TLanes.Larger(TLanes.Load(values + i), largestLanes);
        }

        float largest = FourLanes.Largest(TLanes.FoldLarger(largestLanes));
        for (; i < count; i++)
        {
            largest = values[i] > largest ? values[i] : largest;
        }

        TLanes wanted = TLanes.Broadcast(largest);
        i = 0;
        while (i + PanelLayout.VirtualLanes <= count && !TLanes.AnyEqual(TLanes.Load(values + i), wanted))
        {
            i += PanelLayout.VirtualLanes;
        }

        for (; i < count; i++)
        {
            if (values[i] == largest)
            {
                return i;
            }
        }

        return 0; // every value is NaN
    }
}
