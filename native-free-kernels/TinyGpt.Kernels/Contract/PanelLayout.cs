namespace TinyGpt.Kernels.Contract;

/// <summary>
/// The constants and sizes of the packed weight panel. A matrix of N outputs × K inputs is stored as panels of 16 outputs; a panel as groups
/// of 64 inputs; a group as 16 k-blocks of 64 bytes, then the group's 16 float32 scales. A k-block, the tile of the VNNI instructions, holds
/// 4 consecutive inputs of 16 outputs as int8: byte <c>4·lane + i</c> is the weight of output <c>lane</c> for input <c>i</c>. One vector lane is
/// one output, so no dot product ever needs a horizontal sum. Outputs are padded to 16 and inputs to 64 with zeros.
/// <para>With 4 bits a weight, panels, groups and lanes are the same, and two k-blocks share 64 bytes: the low halves of the bytes of pair p are
/// k-block p, the high halves k-block p + 8, each weight stored as weight + 8. One AND, or one shift and one AND, unpacks a k-block of unsigned
/// numbers. The surplus of 8 leaves the dot product with the sum of the activations.</para>
/// </summary>
internal static class PanelLayout
{
    /// <summary>Outputs in a panel: one lane each.</summary>
    public const int OutputsPerPanel = 16;

    /// <summary>Inputs in a group: the unit that shares one scale per output.</summary>
    public const int InputsPerGroup = 64;

    /// <summary>Consecutive inputs that are adjacent in one lane.</summary>
    public const int InputsPerKBlock = 4;

    /// <summary>K-blocks in a group.</summary>
    public const int KBlocksPerGroup = InputsPerGroup / InputsPerKBlock;

    /// <summary>Bytes of one k-block: 16 outputs × 4 inputs.</summary>
    public const int KBlockBytes = OutputsPerPanel * InputsPerKBlock;

    /// <summary>Bytes of a group's int8 weights.</summary>
    public const int GroupWeightBytes = KBlocksPerGroup * KBlockBytes;

    /// <summary>Bytes of a group's scales: 16 float32 values.</summary>
    public const int GroupScaleBytes = OutputsPerPanel * sizeof(float);

    /// <summary>Bytes of a whole group, weights and scales.</summary>
    public const int GroupBytes = GroupWeightBytes + GroupScaleBytes;

    /// <summary>Pairs of k-blocks in a group of 4-bit weights, 64 bytes each.</summary>
    public const int KBlockPairsPerGroup = KBlocksPerGroup / 2;

    /// <summary>Bytes of a group's 4-bit weights.</summary>
    public const int Int4GroupWeightBytes = KBlockPairsPerGroup * KBlockBytes;

    /// <summary>Bytes of a whole group of 4-bit weights, scales included.</summary>
    public const int Int4GroupBytes = Int4GroupWeightBytes + GroupScaleBytes;

    /// <summary>What is added to a 4-bit weight before it is stored: 0 is stored as 8.</summary>
    public const int Int4Offset = 8;

    /// <summary>The largest 4-bit weight as stored.</summary>
    public const int MaxInt4 = 15;

    /// <summary>Largest magnitude of a quantized value. -128 never occurs, which keeps every 8-bit product pair exact.</summary>
    public const int MaxQuantized = 127;

    /// <summary>Virtual lanes of every float reduction, whatever the size of the machine's vectors.</summary>
    public const int VirtualLanes = 16;

    /// <summary>The alignment in bytes of every panel, buffer and file chunk.</summary>
    public const int Alignment = 64;

    /// <summary>The number of panels that hold <paramref name="outputs"/>.</summary>
    public static int Panels(int outputs) => (outputs + OutputsPerPanel - 1) / OutputsPerPanel;

    /// <summary>The number of groups that hold <paramref name="inputs"/>.</summary>
    public static int Groups(int inputs) => (inputs + InputsPerGroup - 1) / InputsPerGroup;

    /// <summary>Outputs rounded up to whole panels.</summary>
    public static int PaddedOutputs(int outputs) => Panels(outputs) * OutputsPerPanel;

    /// <summary>Inputs rounded up to whole groups: the length in floats of every activation buffer of a token.</summary>
    public static int PaddedInputs(int inputs) => Groups(inputs) * InputsPerGroup;

    /// <summary>Bytes of a whole group, weights and scales, of a precision.</summary>
    public static int GroupBytesOf(WeightPrecision precision) => precision == WeightPrecision.Int4 ? Int4GroupBytes : GroupBytes;

    /// <summary>The size in bytes of the packed matrix.</summary>
    public static long PackedBytes(int outputs, int inputs, WeightPrecision precision = WeightPrecision.Int8) =>
        (long)Panels(outputs) * Groups(inputs) * GroupBytesOf(precision);
}
