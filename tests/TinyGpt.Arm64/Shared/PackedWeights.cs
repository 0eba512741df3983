using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Arm64;

/// <summary>Writes single weights of packed matrices of either precision, by the words of FORMAT.md.</summary>
internal static unsafe class PackedWeights
{
    /// <summary>The smallest and the largest weight that a packer writes.</summary>
    public static (int Smallest, int Largest) Range(WeightPrecision precision) => precision == WeightPrecision.Int4
        ? (-PanelLayout.Int4Offset, PanelLayout.MaxInt4 - PanelLayout.Int4Offset)
        : (-PanelLayout.MaxQuantized, PanelLayout.MaxQuantized);

    public static void Set(in PackedMatrix matrix, int row, int column, int weight)
    {
        byte* group = Group(matrix, row, column / PanelLayout.InputsPerGroup);
        int lane = row % PanelLayout.OutputsPerPanel;
        (int quad, int input) = Math.DivRem(column % PanelLayout.InputsPerGroup, PanelLayout.InputsPerKBlock);
        byte* lanes = group + (lane * PanelLayout.InputsPerKBlock) + input;
        if (matrix.Precision == WeightPrecision.Int8)
        {
            lanes[quad * PanelLayout.KBlockBytes] = (byte)weight;
            return;
        }

        byte* pair = lanes + (quad % PanelLayout.KBlockPairsPerGroup * PanelLayout.KBlockBytes);
        int shift = quad < PanelLayout.KBlockPairsPerGroup ? 0 : 4;
        *pair = (byte)((*pair & ~(PanelLayout.MaxInt4 << shift)) | ((weight + PanelLayout.Int4Offset) << shift));
    }

    public static void SetScale(in PackedMatrix matrix, int row, int group, float scale) =>
        ((float*)(Group(matrix, row, group) + matrix.GroupBytes - PanelLayout.GroupScaleBytes))[row % PanelLayout.OutputsPerPanel] = scale;

    private static byte* Group(in PackedMatrix matrix, int row, int group) =>
        matrix.Panel(row / PanelLayout.OutputsPerPanel) + (group * matrix.GroupBytes);
}
