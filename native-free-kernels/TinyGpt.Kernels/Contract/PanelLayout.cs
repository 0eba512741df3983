namespace TinyGpt.Kernels;

/// <summary>
/// The constants and sizes of the packed weight panel. A matrix of <c>rows</c> outputs × <c>columns</c> inputs is stored as panels of
/// 16 rows; a panel as groups of 64 inputs; a group as 16 quads of 64 bytes (16 rows × 4 consecutive inputs, int8), then the group's
/// 16 float32 scales. Byte <c>4·lane + i</c> of a quad is the weight of row <c>lane</c> for the quad's input <c>i</c>, so one vector
/// lane is one output row and no dot product ever needs a horizontal sum. Rows are padded to 16 and columns to 64 with zeros.
/// <para>With four bits a weight, panels, groups and lanes are the same, and a group's quads lie two in a block of 64 bytes: the low halves
/// of block b's bytes are quad b, the high halves quad b + 8, each as weight + 8. One AND, or one shift and one AND, gives back a quad of
/// unsigned numbers; that they are 8 too large is taken off the dot product with the sum of the activations.</para>
/// </summary>
public static class PanelLayout
{
    /// <summary>Output rows in a panel: one lane each.</summary>
    public const int RowsPerPanel = 16;

    /// <summary>Inputs in a group: the unit that shares one scale per row.</summary>
    public const int InputsPerGroup = 64;

    /// <summary>Consecutive inputs that lie beside each other in one lane.</summary>
    public const int InputsPerQuad = 4;

    /// <summary>Quads in a group.</summary>
    public const int QuadsPerGroup = InputsPerGroup / InputsPerQuad;

    /// <summary>Bytes of one quad: 16 rows × 4 inputs.</summary>
    public const int QuadBytes = RowsPerPanel * InputsPerQuad;

    /// <summary>Bytes of a group's int8 weights.</summary>
    public const int GroupWeightBytes = QuadsPerGroup * QuadBytes;

    /// <summary>Bytes of a group's scales: 16 float32 values.</summary>
    public const int GroupScaleBytes = RowsPerPanel * sizeof(float);

    /// <summary>Bytes of a whole group, weights and scales.</summary>
    public const int GroupBytes = GroupWeightBytes + GroupScaleBytes;

    /// <summary>Blocks of 64 bytes in a group of 4-bit weights: two quads each.</summary>
    public const int BlocksPerGroup = QuadsPerGroup / 2;

    /// <summary>Bytes of a group's 4-bit weights.</summary>
    public const int Int4GroupWeightBytes = BlocksPerGroup * QuadBytes;

    /// <summary>Bytes of a whole group of 4-bit weights, scales included.</summary>
    public const int Int4GroupBytes = Int4GroupWeightBytes + GroupScaleBytes;

    /// <summary>What is added to a 4-bit weight before it is stored: 0 is stored as 8.</summary>
    public const int Int4Offset = 8;

    /// <summary>The largest 4-bit weight as stored.</summary>
    public const int LargestInt4 = 15;

    /// <summary>Largest magnitude of a quantized value. -128 never occurs, which keeps every 8-bit product pair exact.</summary>
    public const int LargestQuantized = 127;

    /// <summary>Virtual lanes of every float reduction, whatever the width of the machine's vectors.</summary>
    public const int VirtualLanes = 16;

    /// <summary>The alignment in bytes of every panel, buffer and file chunk.</summary>
    public const int Alignment = 64;

    /// <summary>The number of panels that hold <paramref name="rows"/> output rows.</summary>
    public static int Panels(int rows) => (rows + RowsPerPanel - 1) / RowsPerPanel;

    /// <summary>The number of groups that hold <paramref name="columns"/> inputs.</summary>
    public static int Groups(int columns) => (columns + InputsPerGroup - 1) / InputsPerGroup;

    /// <summary>Rows rounded up to whole panels.</summary>
    public static int PaddedRows(int rows) => Panels(rows) * RowsPerPanel;

    /// <summary>Columns rounded up to whole groups. The length in floats of every activation row.</summary>
    public static int PaddedColumns(int columns) => Groups(columns) * InputsPerGroup;

    /// <summary>Bytes of a whole group, weights and scales, of a precision.</summary>
    public static int GroupBytesOf(WeightPrecision precision) => precision == WeightPrecision.Int4 ? Int4GroupBytes : GroupBytes;

    /// <summary>The size in bytes of the packed matrix.</summary>
    public static long PackedBytes(int rows, int columns, WeightPrecision precision = WeightPrecision.Int8) =>
        (long)Panels(rows) * Groups(columns) * GroupBytesOf(precision);
}
