using TinyGpt.Import.Gguf.Dequantization;

namespace TinyGpt.Import.Gguf;

/// <summary>Turns whole blocks into float32.</summary>
/// <param name="blocks">The blocks' bytes: those of the target, and perhaps more.</param>
/// <param name="target">Takes whole blocks.</param>
internal delegate void BlockReader(ReadOnlySpan<byte> blocks, Span<float> target);

/// <summary>A type of tensor that can be read. Immutable and thread-safe.</summary>
/// <param name="Name">As ggml spells it.</param>
/// <param name="BlockWeights">Numbers in a block; divides the columns of every tensor.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="Read">Dequantizes.</param>
internal sealed record GgufType(string Name, int BlockWeights, int BlockBytes, BlockReader Read)
{
    // Q4_1, Q5_0 and Q5_1 are here because quantizers fall back to them inside files of the other types: wherever a row's length is no multiple
    // of 256, as in SmolLM2 and Qwen2.5-0.5B, Q5_0 takes the place of Q4_K and Q5_1 that of Q5_K.
    private static readonly Dictionary<uint, GgufType> ById = new()
    {
        [0] = new("F32", 1, 4, PlainNumbers.ReadF32),
        [1] = new("F16", 1, 2, PlainNumbers.ReadF16),
        [30] = new("BF16", 1, 2, PlainNumbers.ReadBF16),
        [8] = new("Q8_0", BlocksOf32.Weights, BlocksOf32.BytesOfQ80, BlocksOf32.ReadQ80),
        [2] = new("Q4_0", BlocksOf32.Weights, BlocksOf32.BytesOfQ40, BlocksOf32.ReadQ40),
        [3] = new("Q4_1", BlocksOf32.Weights, BlocksOf32.BytesOfQ41, BlocksOf32.ReadQ41),
        [6] = new("Q5_0", BlocksOf32.Weights, BlocksOf32.BytesOfQ50, BlocksOf32.ReadQ50),
        [7] = new("Q5_1", BlocksOf32.Weights, BlocksOf32.BytesOfQ51, BlocksOf32.ReadQ51),
        [12] = new("Q4_K", SuperBlocks.Weights, SuperBlocks.BytesOfQ4K, SuperBlocks.ReadQ4K),
        [13] = new("Q5_K", SuperBlocks.Weights, SuperBlocks.BytesOfQ5K, SuperBlocks.ReadQ5K),
        [14] = new("Q6_K", SuperBlocks.Weights, SuperBlocks.BytesOfQ6K, SuperBlocks.ReadQ6K),
    };

    private static readonly Dictionary<uint, string> OtherNames = new()
    {
        [9] = "Q8_1",
        [10] = "Q2_K",
        [11] = "Q3_K",
        [15] = "Q8_K",
        [16] = "IQ2_XXS",
        [17] = "IQ2_XS",
        [18] = "IQ3_XXS",
        [19] = "IQ1_S",
        [20] = "IQ4_NL",
        [21] = "IQ3_S",
        [22] = "IQ2_S",
        [23] = "IQ4_XS",
        [24] = "I8",
        [25] = "I16",
        [26] = "I32",
        [27] = "I64",
        [28] = "F64",
        [29] = "IQ1_M",
        [34] = "TQ1_0",
        [35] = "TQ2_0",
        [39] = "MXFP4",
        [40] = "NVFP4",
    };

    /// <summary>The names of all types that can be read, for messages.</summary>
    public static string SupportedNames { get; } = string.Join(", ", ById.Values.Select(type => type.Name));

    /// <summary>Finds a type by its number in the file.</summary>
    /// <returns>Null where it cannot be read.</returns>
    public static GgufType? Find(uint id) => ById.GetValueOrDefault(id);

    /// <summary>What a type is called that cannot be read.</summary>
    public static string NameOfOther(uint id) => OtherNames.TryGetValue(id, out string? name) ? name : $"number {id}";
}
