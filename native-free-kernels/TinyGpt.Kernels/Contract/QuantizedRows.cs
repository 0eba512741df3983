using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels;

/// <summary>
/// M rows of int8 activations, quantized per row and per group of 64 inputs, in the order in which the matrix kernels read them:
/// for each tile of <see cref="TokenTiles"/>, for each group, for each quad, four bytes of each of the tile's rows beside each other.
/// A tile of T rows is therefore T × groups × 64 bytes, and the broadcasts of one quad are contiguous. With M = 1 this is simply the
/// row. The scale of a group is its largest magnitude / 127, and its sum is the sum of its 64 quantized values.
/// </summary>
public readonly unsafe struct QuantizedRows
{
    /// <summary>Makes a view over the three buffers.</summary>
    /// <param name="values"><paramref name="rows"/> × <paramref name="groups"/> × 64 bytes, aligned to 64.</param>
    /// <param name="scales"><paramref name="rows"/> × <paramref name="groups"/> floats.</param>
    /// <param name="sums"><paramref name="rows"/> × <paramref name="groups"/> sums of quantized values.</param>
    /// <param name="rows">Token rows M, 1 or more.</param>
    /// <param name="groups">Groups of 64 inputs, 1 or more.</param>
    public QuantizedRows(sbyte* values, float* scales, int* sums, int rows, int groups)
    {
        Values = values;
        Scales = scales;
        Sums = sums;
        Rows = rows;
        Groups = groups;
        Tiles = new TokenTiles(rows);
    }

    /// <summary>The quantized values.</summary>
    public sbyte* Values { get; }

    /// <summary>The scales: per tile, per group, one float a row of the tile.</summary>
    public float* Scales { get; }

    /// <summary>The sums of each group's quantized values, ordered like <see cref="Scales"/>.</summary>
    public int* Sums { get; }

    /// <summary>Token rows.</summary>
    public int Rows { get; }

    /// <summary>Groups of 64 inputs in a row.</summary>
    public int Groups { get; }

    /// <summary>How the rows are cut into tiles.</summary>
    public TokenTiles Tiles { get; }

    /// <summary>Finds where one group of one row lies.</summary>
    /// <param name="row">0 … <see cref="Rows"/> - 1.</param>
    /// <param name="group">0 … <see cref="Groups"/> - 1.</param>
    /// <param name="quadStride">The distance in bytes between the group's quads.</param>
    /// <param name="scaleIndex">The index into <see cref="Scales"/> and <see cref="Sums"/>.</param>
    /// <returns>The first byte of the group's first quad.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public sbyte* Locate(int row, int group, out int quadStride, out nint scaleIndex)
    {
        TokenTiles tiles = Tiles;
        int tile = tiles.TileOf(row);
        int start = tiles.Start(tile);
        int size = tiles.Size(tile);
        int within = row - start;
        quadStride = size * PanelLayout.InputsPerQuad;
        scaleIndex = ((nint)start * Groups) + (group * size) + within;
        return Values
            + ((nint)start * Groups * PanelLayout.InputsPerGroup)
            + ((nint)group * PanelLayout.QuadsPerGroup * quadStride)
            + (within * PanelLayout.InputsPerQuad);
    }
}
