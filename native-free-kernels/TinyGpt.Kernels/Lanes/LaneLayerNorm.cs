using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>
/// Layer norm over 16 lanes. Feature i belongs to lane i mod 16. The lanes behind the width add +0 to sums that are never -0, which
/// changes nothing, so the last block needs no other code than a mask.
/// </summary>
internal static unsafe class LaneLayerNorm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddNormalizeQuantize<TLanes>(
        float* residual, float* addend, int width, float* gain, float* bias, float epsilon, in QuantizedRows destination, int row)
        where TLanes : struct, ILanes<TLanes>
    {
        float mean = AddAndSum<TLanes>(residual, addend, width) / width;
        TLanes meanLanes = TLanes.Broadcast(mean);
        TLanes inverseDeviation = InverseDeviation(residual, meanLanes, width, epsilon);
        GroupCursor cursor = new(destination, row, 0);
        for (int i = 0; i < destination.Groups * PanelLayout.InputsPerGroup; i += PanelLayout.InputsPerGroup)
        {
            LaneQuantization.QuantizeGroup(
                Normalize(residual, i, width, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 16, width, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 32, width, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 48, width, meanLanes, inverseDeviation, gain, bias),
                cursor);
            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddNormalize<TLanes>(float* residual, float* addend, int width, float* gain, float* bias, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes mean = TLanes.Broadcast(AddAndSum<TLanes>(residual, addend, width) / width);
        TLanes inverseDeviation = InverseDeviation(residual, mean, width, epsilon);
        for (int i = 0; i < width; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(residual + i, Normalize(residual, i, width, mean, inverseDeviation, gain, bias));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<TLanes>(float* target, float* addend, int width)
        where TLanes : struct, ILanes<TLanes>
    {
        for (int i = 0; i < width; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(target + i, KeepWidth(TLanes.Load(target + i) + TLanes.Load(addend + i), width - i));
        }
    }

    /// <summary>Zeroes the lanes behind the width; <paramref name="remaining"/> may be negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes KeepWidth<TLanes>(TLanes value, int remaining)
        where TLanes : struct, ILanes<TLanes> =>
        remaining >= PanelLayout.VirtualLanes ? value : TLanes.KeepFirst(value, remaining);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float AddAndSum<TLanes>(float* residual, float* addend, int width)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes sum = TLanes.Zero;
        for (int i = 0; i < width; i += PanelLayout.VirtualLanes)
        {
            TLanes value = TLanes.Load(residual + i);
            if (addend != null)
            {
                value = KeepWidth(value + TLanes.Load(addend + i), width - i);
                TLanes.Store(residual + i, value);
            }

            sum += KeepWidth(value, width - i);
        }

        return FourLanes.Sum(TLanes.FoldSum(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Normalize<TLanes>(
        float* residual, int i, int width, TLanes mean, TLanes inverseDeviation, float* gain, float* bias)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes scaled = (TLanes.Load(residual + i) - mean) * inverseDeviation;
        return KeepWidth(TLanes.FusedMultiplyAdd(scaled, TLanes.Load(gain + i), TLanes.Load(bias + i)), width - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes InverseDeviation<TLanes>(float* residual, TLanes mean, int width, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes squares = TLanes.Zero;
        for (int i = 0; i < width; i += PanelLayout.VirtualLanes)
        {
            TLanes difference = KeepWidth(TLanes.Load(residual + i) - mean, width - i);
            squares = TLanes.FusedMultiplyAdd(difference, difference, squares);
        }

        float variance = FourLanes.Sum(TLanes.FoldSum(squares)) / width;
        return TLanes.Broadcast(1f / MathF.Sqrt(variance + epsilon));
    }
}
