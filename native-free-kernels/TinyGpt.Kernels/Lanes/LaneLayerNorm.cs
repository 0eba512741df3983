using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// Layer norm over 16 lanes. Feature i belongs to lane i mod 16. The lanes after the hidden size add +0 to sums that are never -0. This
/// changes nothing, so the last block needs only a mask.
/// </summary>
internal static unsafe class LaneLayerNorm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddNormalizeQuantize<TLanes>(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token)
        where TLanes : struct, ILanes<TLanes>
    {
        float mean = AddAndSum<TLanes>(residual, addend, hiddenSize) / hiddenSize;
        TLanes meanLanes = TLanes.Broadcast(mean);
        TLanes inverseDeviation = InverseDeviation(residual, meanLanes, hiddenSize, epsilon);
        GroupCursor cursor = new(destination, token, 0);
        for (int i = 0; i < destination.Groups * PanelLayout.InputsPerGroup; i += PanelLayout.InputsPerGroup)
        {
            LaneQuantization.QuantizeGroup(
                Normalize(residual, i, hiddenSize, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 16, hiddenSize, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 32, hiddenSize, meanLanes, inverseDeviation, gain, bias),
                Normalize(residual, i + 48, hiddenSize, meanLanes, inverseDeviation, gain, bias),
                cursor);
            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddNormalize<TLanes>(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes mean = TLanes.Broadcast(AddAndSum<TLanes>(residual, addend, hiddenSize) / hiddenSize);
        TLanes inverseDeviation = InverseDeviation(residual, mean, hiddenSize, epsilon);
        for (int i = 0; i < hiddenSize; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(residual + i, Normalize(residual, i, hiddenSize, mean, inverseDeviation, gain, bias));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<TLanes>(float* target, float* addend, int hiddenSize)
        where TLanes : struct, ILanes<TLanes>
    {
        for (int i = 0; i < hiddenSize; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(target + i, KeepWidth(TLanes.Load(target + i) + TLanes.Load(addend + i), hiddenSize - i));
        }
    }

    /// <summary>Zeroes the lanes after the hidden size; <paramref name="remaining"/> may be negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes KeepWidth<TLanes>(TLanes value, int remaining)
        where TLanes : struct, ILanes<TLanes> =>
        remaining >= PanelLayout.VirtualLanes ? value : TLanes.KeepFirst(value, remaining);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float AddAndSum<TLanes>(float* residual, float* addend, int hiddenSize)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes sum = TLanes.Zero;
        for (int i = 0; i < hiddenSize; i += PanelLayout.VirtualLanes)
        {
            TLanes value = TLanes.Load(residual + i);
            if (addend != null)
            {
                value = KeepWidth(value + TLanes.Load(addend + i), hiddenSize - i);
                TLanes.Store(residual + i, value);
            }

            sum += KeepWidth(value, hiddenSize - i);
        }

        return FourLanes.Sum(TLanes.FoldSum(sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Normalize<TLanes>(
        float* residual, int i, int hiddenSize, TLanes mean, TLanes inverseDeviation, float* gain, float* bias)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes scaled = (TLanes.Load(residual + i) - mean) * inverseDeviation;
        return KeepWidth(TLanes.FusedMultiplyAdd(scaled, TLanes.Load(gain + i), TLanes.Load(bias + i)), hiddenSize - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes InverseDeviation<TLanes>(float* residual, TLanes mean, int hiddenSize, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes squares = TLanes.Zero;
        for (int i = 0; i < hiddenSize; i += PanelLayout.VirtualLanes)
        {
            TLanes difference = KeepWidth(TLanes.Load(residual + i) - mean, hiddenSize - i);
            squares = TLanes.FusedMultiplyAdd(difference, difference, squares);
        }

        float variance = FourLanes.Sum(TLanes.FoldSum(squares)) / hiddenSize;
        return TLanes.Broadcast(1f / MathF.Sqrt(variance + epsilon));
    }
}
