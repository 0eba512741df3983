using TinyGpt.Kernels.Contract;

namespace TinyGpt.Cache;

/// <summary>
/// The layout of a page of 64 positions: for each layer the keys of every key-value head, then the values of every one. One head's keys (or
/// values) are 64 × head stride floats; or the same number of int8, followed by 64 scales.
/// </summary>
internal readonly record struct KvLayout(KvPrecision Precision, int Layers, int Heads, int HeadStride)
{
    /// <summary>Bytes of one channel.</summary>
    public int ElementBytes => Precision == KvPrecision.Int8 ? sizeof(sbyte) : sizeof(float);

    /// <summary>Bytes of a position's scale in one head's keys (or values).</summary>
    public int ScaleBytes => Precision == KvPrecision.Int8 ? sizeof(float) : 0;

    /// <summary>Bytes of one head's keys (or values) in one page; a multiple of 64.</summary>
    public long HeadBytes => AttentionHead.PositionsPerPage * (((long)HeadStride * ElementBytes) + ScaleBytes);

    /// <summary>Bytes of one layer in one page.</summary>
    public long LayerBytes => 2 * Heads * HeadBytes;

    /// <summary>Bytes of one page.</summary>
    public long PageBytes => Layers * LayerBytes;

    /// <summary>Bytes from the first channel of a head's keys (or values) to their scales.</summary>
    public nint ScalesOffset => (nint)AttentionHead.PositionsPerPage * HeadStride * ElementBytes;

    public static KvLayout Of(ModelConfig config, KvPrecision precision) => new(precision, config.Layers, config.KeyValueHeads, config.HeadStride);

    /// <summary>Bytes from a page's start to the keys of a layer's head.</summary>
    public nint KeyOffset(int layer, int head) => (nint)((layer * LayerBytes) + (head * HeadBytes));

    /// <summary>Bytes from a page's start to the values of a layer's head.</summary>
    public nint ValueOffset(int layer, int head) => (nint)((layer * LayerBytes) + (LayerBytes / 2) + (head * HeadBytes));
}
