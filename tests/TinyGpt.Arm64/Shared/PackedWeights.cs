using TinyGpt.Kernels;

namespace TinyGpt.Arm64;

/// <summary>Writes single weights of packed matrices of either precision, by the words of FORMAT.md.</summary>
internal static unsafe class PackedWeights
{
    /// <summary>The smallest and the largest weight that a packer writes.</summary>
    public static (int Smallest, int Largest) Range(WeightPrecision precision) => precision == WeightPrecision.Int4
        ? (-PanelLayout.Int4Offset, PanelLayout.LargestInt4 - PanelLayout.Int4Offset)
        : (-PanelLayout.LargestQuantized, PanelLayout.LargestQuantized);

    public static void Set(in PackedMatrix matrix, int row, int column, int weight)
    {
        byte* group = Group(matrix, row, column / PanelLayout.InputsPerGroup);
        int lane = row % PanelLayout.RowsPerPanel;
        (int quad, int input) = Math.DivRem(column % PanelLayout.InputsPerGroup, PanelLayout.InputsPerQuad);
        byte* lanes = group + (lane * PanelLayout.InputsPerQuad) + input;
        if (matrix.Precision == WeightPrecision.Int8)
        {
            lanes[quad * PanelLayout.QuadBytes] = (byte)weight;
            return;
        }

        byte* pair = lanes + (quad % PanelLayout.BlocksPerGroup * PanelLayout.QuadBytes);
        int shift = quad < PanelLayout.BlocksPerGroup ? 0 : 4;
        *pair = (byte)((*pair & ~(PanelLayout.LargestInt4 << shift)) | ((weight + PanelLayout.Int4Offset) << shift));
    }

    public static void SetScale(in PackedMatrix matrix, int row, int group, float scale) =>
        ((float*)(Group(matrix, row, group) + matrix.GroupBytes - PanelLayout.GroupScaleBytes))[row % PanelLayout.RowsPerPanel] = scale;

    private static byte* Group(in PackedMatrix matrix, int row, int group) =>
        matrix.Panel(row / PanelLayout.RowsPerPanel) + (group * matrix.GroupBytes);
}
