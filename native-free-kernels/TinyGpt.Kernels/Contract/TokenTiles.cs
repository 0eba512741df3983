namespace TinyGpt.Kernels.Contract;

/// <summary>
/// How M tokens are cut into tiles of at most six, as evenly as possible (8 tokens are 4 + 4, not 6 + 2). A matrix kernel reads each
/// weight once per tile. The cut never changes a result, because a token's arithmetic is the same in every tile.
/// </summary>
internal readonly struct TokenTiles
{
    /// <summary>The most tokens in a tile: 6 × 16 int32 accumulators fill twelve of the sixteen 256-bit registers.</summary>
    public const int MaxTokensPerTile = 6;

    private readonly int _smaller;
    private readonly int _larger;

    /// <summary>Cuts tokens into tiles.</summary>
    /// <param name="tokens">Tokens, 1 or more.</param>
    public TokenTiles(int tokens)
    {
        Count = (tokens + MaxTokensPerTile - 1) / MaxTokensPerTile;
        _smaller = tokens / Count;
        _larger = tokens % Count;
    }

    /// <summary>The number of tiles.</summary>
    public int Count { get; }

    /// <summary>The first token of a tile.</summary>
    public int Start(int tile) => (tile * _smaller) + Math.Min(tile, _larger);

    /// <summary>The tokens in a tile, 1 … 6.</summary>
    public int Size(int tile) => _smaller + (tile < _larger ? 1 : 0);

    /// <summary>The tile that holds a token.</summary>
    public int TileOf(int token)
    {
        int inLarger = _larger * (_smaller + 1);
        return token < inLarger ? token / (_smaller + 1) : _larger + ((token - inLarger) / _smaller);
    }
}
