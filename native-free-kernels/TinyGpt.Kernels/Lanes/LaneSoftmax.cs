using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>The softmax of attention, one lane a key (mod 16).</summary>
internal static unsafe class LaneSoftmax
{
    /// <summary>Turns attention scores into e^(score - maximum) and returns their sum.</summary>
    /// <param name="scores">The attention scores, with room up to a multiple of 16. The floats after the last one are overwritten.</param>
    /// <param name="first">How many at the start are outside the window and become 0.</param>
    /// <param name="count">How many there are, more than <paramref name="first"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Softmax<TLanes>(float* scores, int first, int count)
        where TLanes : struct, ILanes<TLanes>
    {
        // Copies of the last score fill the last 16, which leaves the maximum as it is.
        for (int position = count; position % PanelLayout.VirtualLanes != 0; position++)
        {
            scores[position] = scores[count - 1];
        }

        // Negative infinity is no maximum, and its exponential is 0.
        new Span<float>(scores, first).Fill(float.NegativeInfinity);
        TLanes largest = TLanes.Load(scores);
        for (int i = PanelLayout.VirtualLanes; i < count; i += PanelLayout.VirtualLanes)
        {
            largest = TLanes.Larger(TLanes.Load(scores + i), largest);
        }

        TLanes maximum = TLanes.Broadcast(FourLanes.Largest(TLanes.FoldLarger(largest)));
        TLanes sum = TLanes.Zero;
        for (int i = 0; i < count; i += PanelLayout.VirtualLanes)
        {
            TLanes weights = LaneExponential.Exponential(TLanes.Load(scores + i) - maximum);
            if (count - i < PanelLayout.VirtualLanes)
            {
                weights = TLanes.KeepFirst(weights, count - i);
            }

            TLanes.Store(scores + i, weights);
            sum += weights;
        }

        return FourLanes.Sum(TLanes.FoldSum(sum));
    }
}
