namespace TinyGpt.Kernels;

/// <summary>
/// How M token rows are cut into tiles of at most six, as even as they come (8 rows are 4 + 4, not 6 + 2): a matrix kernel reads each
/// weight once per tile. The cut never changes a result, since a row's arithmetic is the same in every tile.
/// </summary>
public readonly struct TokenTiles
{
    /// <summary>The most rows in a tile: 6 × 16 int32 accumulators fill twelve of the sixteen 256-bit registers.</summary>
    public const int LargestTile = 6;

    private readonly int _smaller;
    private readonly int _larger;

    /// <summary>Cuts rows into tiles.</summary>
    /// <param name="rows">Token rows, 1 or more.</param>
    public TokenTiles(int rows)
    {
        Count = (rows + LargestTile - 1) / LargestTile;
        _smaller = rows / Count;
        _larger = rows % Count;
    }

    /// <summary>The number of tiles.</summary>
    public int Count { get; }

    /// <summary>The first row of a tile.</summary>
    public int Start(int tile) => (tile * _smaller) + Math.Min(tile, _larger);

    /// <summary>The rows in a tile, 1 … 6.</summary>
    public int Size(int tile) => _smaller + (tile < _larger ? 1 : 0);

    /// <summary>The tile that holds a row.</summary>
    public int TileOf(int row)
    {
        int inLarger = _larger * (_smaller + 1);
        return row < inLarger ? row / (_smaller + 1) : _larger + ((row - inLarger) / _smaller);
    }
}
