using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>RMS norm over 16 lanes. Feature i belongs to lane i mod 16; lanes after the hidden size are masked, as in <see cref="LaneLayerNorm"/>.</summary>
internal static unsafe class LaneRmsNorm
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddRmsNormalizeQuantize<TLanes>(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token)
        where TLanes : struct, ILanes<TLanes>
    {
        if (addend != null)
        {
            LaneLayerNorm.Add<TLanes>(residual, addend, hiddenSize);
        }

        TLanes inverseRoot = InverseRoot<TLanes>(residual, hiddenSize, epsilon);
        GroupCursor cursor = new(destination, token, 0);
        for (int i = 0; i < destination.Groups * PanelLayout.InputsPerGroup; i += PanelLayout.InputsPerGroup)
        {
            LaneQuantization.QuantizeGroup(
                Normalize(residual, i, hiddenSize, inverseRoot, gain),
                Normalize(residual, i + 16, hiddenSize, inverseRoot, gain),
                Normalize(residual, i + 32, hiddenSize, inverseRoot, gain),
                Normalize(residual, i + 48, hiddenSize, inverseRoot, gain),
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
    private static TLanes InverseRoot<TLanes>(float* values, int hiddenSize, float epsilon)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes squares = TLanes.Zero;
        for (int i = 0; i < hiddenSize; i += PanelLayout.VirtualLanes)
        {
            TLanes value = LaneLayerNorm.KeepWidth(TLanes.Load(values + i), hiddenSize - i);
            squares = TLanes.FusedMultiplyAdd(value, value, squares);
        }

        float meanSquare = FourLanes.Sum(TLanes.FoldSum(squares)) / hiddenSize;
        return TLanes.Broadcast(1f / MathF.Sqrt(meanSquare + epsilon));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Normalize<TLanes>(float* values, int i, int hiddenSize, TLanes inverseRoot, float* gain)
        where TLanes : struct, ILanes<TLanes> =>
        LaneLayerNorm.KeepWidth(TLanes.Load(values + i) * inverseRoot * TLanes.Load(gain + i), hiddenSize - i);
}
