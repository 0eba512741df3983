using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>The functions of feed-forward layers on 16 lanes; formulas and sources are described at the scalar tier.</summary>
internal static unsafe class LaneActivation
{
    public static void ActivateQuantize<TLanes>(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
    {
        switch (activation)
        {
            case Activation.GeluTanh:
                ActivateQuantize<TLanes, GeluTanhFunction>(source, destination, token, firstGroup, groupCount);
                break;
            case Activation.GeluErf:
                ActivateQuantize<TLanes, GeluErfFunction>(source, destination, token, firstGroup, groupCount);
                break;
            case Activation.Relu:
                ActivateQuantize<TLanes, ReluFunction>(source, destination, token, firstGroup, groupCount);
                break;
            default:
                ActivateQuantize<TLanes, SiluFunction>(source, destination, token, firstGroup, groupCount);
                break;
        }
    }

    public static void GatedActivateQuantize<TLanes>(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
    {
        switch (activation)
        {
            case Activation.GeluTanh:
                GatedActivateQuantize<TLanes, GeluTanhFunction>(source, destination, token, firstGroup, groupCount);
                break;
            case Activation.GeluErf:
                GatedActivateQuantize<TLanes, GeluErfFunction>(source, destination, token, firstGroup, groupCount);
                break;
            case Activation.Relu:
                GatedActivateQuantize<TLanes, ReluFunction>(source, destination, token, firstGroup, groupCount);
                break;
            default:
                GatedActivateQuantize<TLanes, SiluFunction>(source, destination, token, firstGroup, groupCount);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ActivateQuantize<TLanes, TFunction>(
        float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
        where TFunction : struct, ILaneFunction
    {
        // A separate block for the results keeps the loops small. Sixteen inlined exponentials would exceed what the compiler inlines.
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        GroupCursor cursor = new(destination, token, firstGroup);
        float* values = source + ((nint)firstGroup * PanelLayout.InputsPerGroup);
        for (int group = 0; group < groupCount; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
            {
                TLanes.Store(activated + i, TFunction.Of(TLanes.Load(values + i)));
            }

            LaneQuantization.QuantizeGroup(
                TLanes.Load(activated), TLanes.Load(activated + 16), TLanes.Load(activated + 32), TLanes.Load(activated + 48), cursor);
            cursor.MoveNext();
            values += PanelLayout.InputsPerGroup;
        }
    }

    /// <summary>Sixteen lanes are a panel's outputs, so gates and values, which take turns panel by panel, meet lane by lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void GatedActivateQuantize<TLanes, TFunction>(
        float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
        where TLanes : struct, ILanes<TLanes>
        where TFunction : struct, ILaneFunction
    {
        float* activated = stackalloc float[PanelLayout.InputsPerGroup];
        GroupCursor cursor = new(destination, token, firstGroup);
        float* values = source + ((nint)firstGroup * 2 * PanelLayout.InputsPerGroup);
        for (int group = 0; group < groupCount; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
            {
                TLanes gate = TFunction.Of(TLanes.Load(values + (2 * i)));
                TLanes.Store(activated + i, gate * TLanes.Load(values + (2 * i) + PanelLayout.VirtualLanes));
            }

            LaneQuantization.QuantizeGroup(
                TLanes.Load(activated), TLanes.Load(activated + 16), TLanes.Load(activated + 32), TLanes.Load(activated + 48), cursor);
            cursor.MoveNext();
            values += 2 * PanelLayout.InputsPerGroup;
        }
    }
}
