using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels.Contract;

/// <summary>
/// M tokens of int8 activations, quantized per token and per group of 64 inputs, in the order in which the matrix kernels read them:
/// for each tile of <see cref="TokenTiles"/>, for each group, for each k-block, four bytes of each of the tile's tokens beside each other.
/// A tile of T tokens is therefore T × groups × 64 bytes, and the broadcasts of one k-block are contiguous. With M = 1 this is simply the
/// token. The scale of a group is its largest magnitude / 127, and its sum is the sum of its 64 quantized values.
/// </summary>
internal readonly unsafe struct QuantizedActivations
{
    /// <summary>Makes a view over the three buffers.</summary>
    /// <param name="values"><paramref name="tokens"/> × <paramref name="groups"/> × 64 bytes, aligned to 64.</param>
    /// <param name="scales"><paramref name="tokens"/> × <paramref name="groups"/> floats.</param>
    /// <param name="sums"><paramref name="tokens"/> × <paramref name="groups"/> sums of quantized values.</param>
    /// <param name="tokens">Tokens M, 1 or more.</param>
    /// <param name="groups">Groups of 64 inputs, 1 or more.</param>
    public QuantizedActivations(sbyte* values, float* scales, int* sums, int tokens, int groups)
    {
        Values = values;
        Scales = scales;
        Sums = sums;
        Tokens = tokens;
        Groups = groups;
        Tiles = new TokenTiles(tokens);
    }

    /// <summary>The quantized values.</summary>
    public sbyte* Values { get; }

    /// <summary>The scales: per tile, per group, one float a token of the tile.</summary>
    public float* Scales { get; }

    /// <summary>The sums of each group's quantized values, ordered like <see cref="Scales"/>.</summary>
    public int* Sums { get; }

    /// <summary>Tokens.</summary>
    public int Tokens { get; }

    /// <summary>Groups of 64 inputs in a token.</summary>
    public int Groups { get; }

    /// <summary>How the tokens are cut into tiles.</summary>
    public TokenTiles Tiles { get; }

    /// <summary>Finds the place of one group of one token.</summary>
    /// <param name="token">0 … <see cref="Tokens"/> - 1.</param>
    /// <param name="group">0 … <see cref="Groups"/> - 1.</param>
    /// <param name="kBlockStride">The distance in bytes between the group's k-blocks.</param>
    /// <param name="scaleIndex">The index into <see cref="Scales"/> and <see cref="Sums"/>.</param>
    /// <returns>The first byte of the group's first k-block.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public sbyte* Locate(int token, int group, out int kBlockStride, out nint scaleIndex)
    {
        TokenTiles tiles = Tiles;
        int tile = tiles.TileOf(token);
        int start = tiles.Start(tile);
        int size = tiles.Size(tile);
        int within = token - start;
        kBlockStride = size * PanelLayout.InputsPerKBlock;
        scaleIndex = ((nint)start * Groups) + (group * size) + within;
        return Values
            + ((nint)start * Groups * PanelLayout.InputsPerGroup)
            + ((nint)group * PanelLayout.KBlocksPerGroup * kBlockStride)
            + (within * PanelLayout.InputsPerKBlock);
    }
}
