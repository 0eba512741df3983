using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Lanes;

namespace TinyGpt.Training.Numerics;

/// <summary>The operations over one kind of lanes. Element i belongs to lane i mod 16; the last block is filled up with zeros.</summary>
/// <typeparam name="TLanes">Sixteen floats.</typeparam>
internal sealed unsafe partial class LaneOperations<TLanes> : RowOperations
    where TLanes : struct, ILanes<TLanes>
{
    private const int Lanes = 16;
    private const int SquaresPerSum = 4096;

    public override void Add(float* left, float* right, float* sum, int count)
    {
        int i = 0;
        for (; i + Lanes <= count; i += Lanes)
        {
            TLanes.Store(sum + i, TLanes.Load(left + i) + TLanes.Load(right + i));
        }

        for (; i < count; i++)
        {
            sum[i] = left[i] + right[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AddColumnSums(float* x, int rows, nint stride, int columns, float* sums)
    {
        int column = 0;
        for (; column + (4 * Lanes) <= columns; column += 4 * Lanes)
        {
            TLanes sum0 = TLanes.Load(sums + column);
            TLanes sum1 = TLanes.Load(sums + column + Lanes);
            TLanes sum2 = TLanes.Load(sums + column + (2 * Lanes));
            TLanes sum3 = TLanes.Load(sums + column + (3 * Lanes));
            float* from = x + column;
            for (int row = 0; row < rows; row++)
            {
                sum0 += TLanes.Load(from);
                sum1 += TLanes.Load(from + Lanes);
                sum2 += TLanes.Load(from + (2 * Lanes));
                sum3 += TLanes.Load(from + (3 * Lanes));
                from += stride;
            }

            TLanes.Store(sums + column, sum0);
            TLanes.Store(sums + column + Lanes, sum1);
            TLanes.Store(sums + column + (2 * Lanes), sum2);
            TLanes.Store(sums + column + (3 * Lanes), sum3);
        }

        for (; column < columns; column++)
        {
            float sum = sums[column];
            for (int row = 0; row < rows; row++)
            {
                sum += x[(row * stride) + column];
            }

            sums[column] = sum;
        }
    }

    public override double SumOfSquares(float* x, int count)
    {
        double total = 0;
        for (int first = 0; first < count; first += SquaresPerSum)
        {
            TLanes sum = TLanes.Zero;
            int end = Math.Min(count, first + SquaresPerSum);
            for (int i = first; i < end; i += Lanes)
            {
                TLanes value = LoadPart(x + i, end - i);
                sum = TLanes.FusedMultiplyAdd(value, value, sum);
            }

            total += Sum(sum);
        }

        return total;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(TLanes value) => FourLanes.Sum(TLanes.FoldSum(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes LoadPart(float* source, int count) => count >= Lanes ? TLanes.Load(source) : LoadTail(source, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StorePart(float* destination, TLanes value, int count)
    {
        if (count >= Lanes)
        {
            TLanes.Store(destination, value);
        }
        else
        {
            StoreTail(destination, value, count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TLanes LoadTail(float* source, int count)
    {
        float* block = stackalloc float[Lanes];
        new Span<float>(block, Lanes).Clear();
        new ReadOnlySpan<float>(source, count).CopyTo(new Span<float>(block, Lanes));
        return TLanes.Load(block);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StoreTail(float* destination, TLanes value, int count)
    {
        float* block = stackalloc float[Lanes];
        TLanes.Store(block, value);
        new ReadOnlySpan<float>(block, count).CopyTo(new Span<float>(destination, count));
    }
}
