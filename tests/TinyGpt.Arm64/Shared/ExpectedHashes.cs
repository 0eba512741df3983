namespace TinyGpt.Arm64;

/// <summary>
/// The hashes that every tier has to give on every processor. They were computed once, by the scalar tier on x86-64. A change of the
/// generators or of the comparisons changes them; a change of a kernel must not.
/// </summary>
internal static class ExpectedHashes
{
    /// <summary>All logits of <see cref="SeededModel.Even"/>.</summary>
    public const ulong EvenDecode = 0xba32122efa058c14;

    /// <summary>All logits of <see cref="SeededModel.Odd"/>.</summary>
    public const ulong OddDecode = 0xc9b131af2c63838b;

    /// <summary>The tokens generated with <see cref="SeededModel.Even"/>.</summary>
    public const ulong EvenGeneration = 0x67512f949a3d7cdc;

    /// <summary>The tokens generated with <see cref="SeededModel.Odd"/>.</summary>
    public const ulong OddGeneration = 0x8f092ed8e3b8326e;

    /// <summary>All logits of <see cref="SeededModel.Llama"/>.</summary>
    public const ulong LlamaDecode = 0x7013bad23740345e;

    /// <summary>All logits of <see cref="SeededModel.NeoX"/>.</summary>
    public const ulong NeoXDecode = 0x844c87a35a100abd;

    /// <summary>The tokens generated with <see cref="SeededModel.Llama"/>.</summary>
    public const ulong LlamaGeneration = 0x4b9d1388f8493c97;

    /// <summary>The tokens generated with <see cref="SeededModel.NeoX"/>.</summary>
    public const ulong NeoXGeneration = 0xddc1797227477971;

    /// <summary>All logits of <see cref="SeededModel.Odd"/> with 4-bit weights.</summary>
    public const ulong OddInt4Decode = 0x9c8415ffef4a2ffa;

    /// <summary>The tokens generated with <see cref="SeededModel.Odd"/> with 4-bit weights.</summary>
    public const ulong OddInt4Generation = 0x4569e28ac0afd086;

    /// <summary>All logits of <see cref="SeededModel.Llama"/> with 4-bit weights.</summary>
    public const ulong LlamaInt4Decode = 0xc3c060da12835b20;

    /// <summary>The tokens generated with <see cref="SeededModel.Llama"/> with 4-bit weights.</summary>
    public const ulong LlamaInt4Generation = 0x40068eb5eec74458;

    /// <summary>All results of an operation's comparison.</summary>
    public static ulong Of(KernelOperation operation) => operation switch
    {
        KernelOperation.MultiplyPanels => 0x61c0e382de29ad82,
        KernelOperation.Quantize => 0x6f02b615f2a3b7f5,
        KernelOperation.AddNormalizeQuantize => 0x2965bbe5fcc7ca0a,
        KernelOperation.ActivateQuantize => 0x3e349bcb2c38c042,
        KernelOperation.Attend => 0x89262215a089d4e2,
        KernelOperation.Embed => 0x9776a0cb83ca875b,
        KernelOperation.ArgMax => 0xdd45fb2db6d49ea8,
        KernelOperation.SoftmaxWeights => 0x36bafb99e17d25eb,
        KernelOperation.AttendQuantized => 0xac2f32360d929276,
        KernelOperation.QuantizeHead => 0xc73ecc8c208ca8ed,
        KernelOperation.AddRmsNormalizeQuantize => 0xc5cd994f23ada399,
        KernelOperation.AddNormalize => 0xb735e5cabc52092d,
        KernelOperation.Add => 0x49268dbeb797e4c2,
        KernelOperation.NormalizeHead => 0xcadaa85a3e81f2a3,
        KernelOperation.Rotate => 0x24caf9d8009d21ed,
        KernelOperation.GatedActivateQuantize => 0x23f57149eefc313b,
        KernelOperation.AttendWithinWindow => 0x7314d0e053cc0a42,
        KernelOperation.AttendQuantizedWithinWindow => 0xe84f33f482db92ea,
        _ => 0xda4cde4196e5f685,
    };
}
