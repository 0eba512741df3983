using System.Runtime.CompilerServices;

namespace TinyGpt.Training.Numerics;

internal sealed unsafe partial class LaneOperations<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void LayerNorm(
        float* x, int rows, int width, float* gain, float* bias, float epsilon, float* y, float* means, float* inverses)
    {
        for (int row = 0; row < rows; row++)
        {
            TLanes sum = TLanes.Zero;
            for (int i = 0; i < width; i += Lanes)
            {
                sum += LoadPart(x + i, width - i);
            }

            float mean = Sum(sum) / width;
            TLanes meanLanes = TLanes.Broadcast(mean);
            TLanes squares = TLanes.Zero;
            for (int i = 0; i < width; i += Lanes)
            {
                TLanes difference = Keep(LoadPart(x + i, width - i) - meanLanes, width - i);
                squares = TLanes.FusedMultiplyAdd(difference, difference, squares);
            }

            float inverse = 1f / MathF.Sqrt((Sum(squares) / width) + epsilon);
            TLanes inverseLanes = TLanes.Broadcast(inverse);
            for (int i = 0; i < width; i += Lanes)
            {
                TLanes normalized = (LoadPart(x + i, width - i) - meanLanes) * inverseLanes;
                TLanes scaled = TLanes.FusedMultiplyAdd(normalized, LoadPart(gain + i, width - i), LoadPart(bias + i, width - i));
                StorePart(y + i, scaled, width - i);
            }

            means[row] = mean;
            inverses[row] = inverse;
            x += width;
            y += width;
        }
    }

    /// <summary>With n = (x - mean)·inverse and g = dy·gain: dx = inverse·(g - mean(g) - n·mean(g·n)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void LayerNormBackward(
        float* dy, float* x, int rows, int width, float* gain, float* means, float* inverses, float* dx, float* dgain, float* dbias)
    {
        for (int row = 0; row < rows; row++)
        {
            TLanes mean = TLanes.Broadcast(means[row]);
            TLanes inverse = TLanes.Broadcast(inverses[row]);
            TLanes sum = TLanes.Zero;
            TLanes projection = TLanes.Zero;
            for (int i = 0; i < width; i += Lanes)
            {
                TLanes upstream = LoadPart(dy + i, width - i);
                TLanes normalized = Keep((LoadPart(x + i, width - i) - mean) * inverse, width - i);
                TLanes inner = upstream * LoadPart(gain + i, width - i);
                sum += inner;
                projection = TLanes.FusedMultiplyAdd(inner, normalized, projection);
                StorePart(dgain + i, TLanes.FusedMultiplyAdd(upstream, normalized, LoadPart(dgain + i, width - i)), width - i);
                StorePart(dbias + i, upstream + LoadPart(dbias + i, width - i), width - i);
            }

            TLanes meanInner = TLanes.Broadcast(Sum(sum) / width);
            TLanes meanProjection = TLanes.Broadcast(Sum(projection) / width);
            for (int i = 0; i < width; i += Lanes)
            {
                TLanes normalized = (LoadPart(x + i, width - i) - mean) * inverse;
                TLanes inner = (LoadPart(dy + i, width - i) * LoadPart(gain + i, width - i)) - meanInner;
                TLanes gradient = TLanes.FusedNegateMultiplyAdd(normalized, meanProjection, inner);
                StorePart(dx + i, TLanes.FusedMultiplyAdd(gradient, inverse, LoadPart(dx + i, width - i)), width - i);
            }

            dy += width;
            x += width;
            dx += width;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Keep(TLanes value, int count) => count >= Lanes ? value : TLanes.KeepFirst(value, count);
}
