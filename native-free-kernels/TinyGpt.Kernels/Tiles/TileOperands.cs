namespace TinyGpt.Kernels.Tiles;

/// <summary>What a tile kernel reads and writes: one panel of 16 outputs times the 1 … 6 tokens of one tile.</summary>
internal readonly unsafe struct TileOperands
{
    /// <summary>The panel's first group.</summary>
    public byte* Panel { get; init; }

    /// <summary>The tile's first group: per k-block, four bytes of each token beside each other.</summary>
    public sbyte* Values { get; init; }

    /// <summary>The tile's scales: per group, one a token.</summary>
    public float* Scales { get; init; }

    /// <summary>The tile's sums, ordered like the scales.</summary>
    public int* Sums { get; init; }

    /// <summary>Groups in the panel and in each token.</summary>
    public int Groups { get; init; }

    /// <summary>
    /// 16 floats of the tile's first token. They already hold the bias or zero: between groups the accumulators live here, where they stay
    /// in the nearest cache, because the registers are full of the group's integer sums.
    /// </summary>
    public float* Output { get; init; }

    /// <summary>Floats between outputs.</summary>
    public nint OutputStride { get; init; }

    /// <summary>Weights that are needed later, prefetched while this tile computes. May be after the end of the matrix.</summary>
    public byte* Ahead { get; init; }

    /// <summary>Bytes to ask for in each group, whole cache lines.</summary>
    public int AheadBytes { get; init; }
}
