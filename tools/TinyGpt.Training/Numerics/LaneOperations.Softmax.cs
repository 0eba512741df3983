using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Lanes;

namespace TinyGpt.Training.Numerics;

internal sealed unsafe partial class LaneOperations<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Softmax(float* scores, int count, int padded, float scale)
    {
        TLanes sum = ExponentialsOf(scores, count, scale, out _);
        TLanes share = TLanes.Broadcast(1f / Sum(sum));
        for (int i = 0; i < count; i += Lanes)
        {
            StorePart(scores + i, LoadPart(scores + i, count - i) * share, count - i);
        }

        new Span<float>(scores + count, padded - count).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void SoftmaxBackward(float* shares, float* gradient, int count, int padded, float scale)
    {
        TLanes sum = TLanes.Zero;
        for (int i = 0; i < count; i += Lanes)
        {
            sum = TLanes.FusedMultiplyAdd(LoadPart(shares + i, count - i), LoadPart(gradient + i, count - i), sum);
        }

        TLanes mean = TLanes.Broadcast(Sum(sum));
        TLanes scaleLanes = TLanes.Broadcast(scale);
        for (int i = 0; i < count; i += Lanes)
        {
            TLanes difference = LoadPart(gradient + i, count - i) - mean;
            StorePart(gradient + i, LoadPart(shares + i, count - i) * difference * scaleLanes, count - i);
        }

        new Span<float>(gradient + count, padded - count).Clear();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override double CrossEntropy(float* logits, int count, int target, float weight)
    {
        float right = logits[target];
        float sum = Sum(ExponentialsOf(logits, count, 1f, out float largest));
        if (weight != 0)
        {
            TLanes share = TLanes.Broadcast(weight / sum);
            for (int i = 0; i < count; i += Lanes)
            {
                StorePart(logits + i, LoadPart(logits + i, count - i) * share, count - i);
            }

            logits[target] -= weight;
        }

        return Math.Log(sum) - ((double)right - largest);
    }

    /// <summary>Turns x into e^(scale·(x - largest)) and returns sums that are still apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes ExponentialsOf(float* x, int count, float scale, out float largest)
    {
        TLanes top = TLanes.Broadcast(x[0]);
        int full = count & -Lanes;
        for (int i = 0; i < full; i += Lanes)
        {
            top = TLanes.Larger(TLanes.Load(x + i), top);
        }

        largest = FourLanes.Largest(TLanes.FoldLarger(top));
        for (int i = full; i < count; i++)
        {
            largest = MathF.Max(largest, x[i]);
        }

        TLanes offset = TLanes.Broadcast(largest);
        TLanes scaleLanes = TLanes.Broadcast(scale);
        TLanes sum = TLanes.Zero;
        for (int i = 0; i < count; i += Lanes)
        {
            TLanes value = Keep(LaneExponential.Exponential((LoadPart(x + i, count - i) - offset) * scaleLanes), count - i);
            StorePart(x + i, value, count - i);
            sum += value;
        }

        return sum;
    }
}
