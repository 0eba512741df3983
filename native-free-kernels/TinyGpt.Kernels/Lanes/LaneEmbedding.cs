using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Lanes;

/// <summary>Reads one tensor row from its panel: its four bytes of each k-block are 64 bytes apart.</summary>
internal static unsafe class LaneEmbedding
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Embed<TLanes>(in PackedMatrix embedding, int token, float* position, float* destination)
        where TLanes : struct, ILanes<TLanes>
    {
        int lane = token % PanelLayout.OutputsPerPanel;
        byte* packed = embedding.Panel(token / PanelLayout.OutputsPerPanel) + (lane * PanelLayout.InputsPerKBlock);
        byte* scales = embedding.Panel(token / PanelLayout.OutputsPerPanel) + PanelLayout.GroupWeightBytes + (lane * sizeof(float));
        for (int group = 0; group < embedding.Groups; group++)
        {
            TLanes scale = TLanes.Broadcast(*(float*)scales);
            for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
            {
                TLanes value = TLanes.FromQuantized(LoadKBlocks(packed + (i / PanelLayout.InputsPerKBlock * PanelLayout.KBlockBytes))) * scale;
                int feature = (group * PanelLayout.InputsPerGroup) + i;
                TLanes.Store(destination + feature, position == null ? value : value + TLanes.Load(position + feature));
            }

            packed += PanelLayout.GroupBytes;
            scales += PanelLayout.GroupBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> LoadKBlocks(byte* first) =>
        Vector128.Create(
            *(int*)first,
            *(int*)(first + PanelLayout.KBlockBytes),
            *(int*)(first + (2 * PanelLayout.KBlockBytes)),
            *(int*)(first + (3 * PanelLayout.KBlockBytes))).AsSByte();
}
