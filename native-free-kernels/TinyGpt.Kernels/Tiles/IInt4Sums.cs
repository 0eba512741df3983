namespace TinyGpt.Kernels.Tiles;

/// <summary>
/// One token's sums for some neighbouring outputs of a panel of 4-bit weights: the part that differs by instruction set. It starts as
/// <c>default</c>, all zeros. Integer sums may be split and joined at will, so their grouping is the tier's affair.
/// </summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
/// <typeparam name="TKBlock">One k-block's weights for these outputs, unpacked: each is the weight + 8, so from 0 to 15.</typeparam>
internal unsafe interface IInt4Sums<TSelf, TKBlock>
    where TSelf : struct, IInt4Sums<TSelf, TKBlock>
    where TKBlock : struct
{
    /// <summary>How many outputs: 4, 8 or 16.</summary>
    static abstract int Outputs { get; }

    /// <summary>The k-block in the low halves of a block's bytes.</summary>
    /// <param name="block">The outputs' first byte in the block.</param>
    static abstract TKBlock LowKBlock(byte* block);

    /// <summary>The k-block in the high halves.</summary>
    /// <param name="block">The outputs' first byte in the block.</param>
    static abstract TKBlock HighKBlock(byte* block);

    /// <summary>Adds the products of a k-block and the token's four inputs for it.</summary>
    void Add(TKBlock kBlock, sbyte* inputs);

    /// <summary>Makes room: called after every eight k-blocks at the latest, and before <see cref="Join"/> and <see cref="AddGroup"/>.</summary>
    void Widen();

    /// <summary>Adds sums of other k-blocks of the same token.</summary>
    void Join(TSelf other);

    /// <summary>Adds the scaled sums of the whole group to the outputs' accumulators, one fused multiply-add each.</summary>
    /// <param name="output">The accumulators.</param>
    /// <param name="weightScales">The outputs' scales.</param>
    /// <param name="scale">The token's scale.</param>
    /// <param name="correction">What the sums lack: -8 · Σ activation.</param>
    void AddGroup(float* output, float* weightScales, float scale, int correction);
}
