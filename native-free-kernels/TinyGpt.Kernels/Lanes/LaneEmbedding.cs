using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace TinyGpt.Kernels;

/// <summary>Reads one row back out of its panel: its four bytes of each quad lie 64 bytes apart.</summary>
internal static unsafe class LaneEmbedding
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Embed<TLanes>(in PackedMatrix embedding, int token, float* position, float* destination)
        where TLanes : struct, ILanes<TLanes>
    {
        int lane = token % PanelLayout.RowsPerPanel;
        byte* packed = embedding.Panel(token / PanelLayout.RowsPerPanel) + (lane * PanelLayout.InputsPerQuad);
        byte* scales = embedding.Panel(token / PanelLayout.RowsPerPanel) + PanelLayout.GroupWeightBytes + (lane * sizeof(float));
        for (int group = 0; group < embedding.Groups; group++)
        {
            TLanes scale = TLanes.Broadcast(*(float*)scales);
            for (int i = 0; i < PanelLayout.InputsPerGroup; i += PanelLayout.VirtualLanes)
            {
                TLanes value = TLanes.FromQuantized(LoadQuads(packed + (i / PanelLayout.InputsPerQuad * PanelLayout.QuadBytes))) * scale;
                int feature = (group * PanelLayout.InputsPerGroup) + i;
                TLanes.Store(destination + feature, position == null ? value : value + TLanes.Load(position + feature));
            }

            packed += PanelLayout.GroupBytes;
            scales += PanelLayout.GroupBytes;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> LoadQuads(byte* first) =>
        Vector128.Create(
            *(int*)first,
            *(int*)(first + PanelLayout.QuadBytes),
            *(int*)(first + (2 * PanelLayout.QuadBytes)),
            *(int*)(first + (3 * PanelLayout.QuadBytes))).AsSByte();
}
