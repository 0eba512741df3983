using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>RMS norm over 16 lanes. Feature i belongs to lane i mod 16; lanes behind the width are masked, as in <see cref="LaneLayerNorm"/>.</summary>
internal static unsafe class LaneRmsNorm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRmsNormalizeQuantize<TLanes>(
        float* residual, float* addend, int width, float* gain, float epsilon, in QuantizedRows destination, int row)
        where TLanes : struct, ILanes<TLanes>
    {
        if (addend != null)
        {
            LaneLayerNorm.Add<TLanes>(residual, addend, width);
        }

        TLanes inverseRoot = InverseRoot<TLanes>(residual, width, epsilon);
        GroupCursor cursor = new(destination, row, 0);
        for (int i = 0; i < destination.Groups * PanelLayout.InputsPerGroup; i += PanelLayout.InputsPerGroup)
        {
            LaneQuantization.QuantizeGroup(
                Normalize(residual, i, width, inverseRoot, gain),
                Normalize(residual, i + 16, width, inverseRoot, gain),
                Normalize(residual, i + 32, width, inverseRoot, gain),
                Normalize(residual, i + 48, width, inverseRoot, gain),
                cursor);
            cursor.MoveNext();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NormalizeHead<TLanes>(float* head, int headSize, float* gain, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes inverseRoot = InverseRoot<TLanes>(head, headSize, epsilon);
        for (int i = 0; i < headSize; i += PanelLayout.VirtualLanes)
        {
            TLanes.Store(head + i, Normalize(head, i, headSize, inverseRoot, gain));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static TLanes InverseRoot<TLanes>(float* values, int width, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes squares = TLanes.Zero;
        for (int i = 0; i < width; i += PanelLayout.VirtualLanes)
        {
            TLanes value = LaneLayerNorm.KeepWidth(TLanes.Load(values + i), width - i);
            squares = TLanes.FusedMultiplyAdd(value, value, squares);
        }

        float meanSquare = FourLanes.Sum(TLanes.FoldSum(squares)) / width;
        return TLanes.Broadcast(1f / MathF.Sqrt(meanSquare + epsilon));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Normalize<TLanes>(float* values, int i, int width, TLanes inverseRoot, float* gain)
        where TLanes : struct, ILanes<TLanes> =>
        LaneLayerNorm.KeepWidth(TLanes.Load(values + i) * inverseRoot * TLanes.Load(gain + i), width - i);
}
