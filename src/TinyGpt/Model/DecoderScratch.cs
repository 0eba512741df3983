using TinyGpt.Kernels;

namespace TinyGpt.Model;

/// <summary>How much a decoder works on at once.</summary>
/// <param name="Rows">The most token rows in a pass.</param>
/// <param name="LogitRows">The most rows of a pass whose logits are wanted.</param>
/// <param name="Threads">Workers, the calling thread included.</param>
internal readonly record struct DecoderLimits(int Rows, int LogitRows, int Threads);

/// <summary>
/// Every buffer that the forward pass writes between a token and its logits, in one allocation made when the decoder is. A row's
/// padding is zero when the arena is new and no stage ever writes anything but zeros there.
/// </summary>
internal sealed unsafe class DecoderScratch : IDisposable
{
    private readonly NativeArena _memory;
    private readonly float* _scores;
    private readonly int _headStride;
    private readonly short* _quantizedQueries;

    public DecoderScratch(ModelConfig config, DecoderLimits limits)
    {
        _memory = new NativeArena(Bytes(config, limits));
        WidthStride = PanelLayout.PaddedColumns(config.Width);
        QueryKeyValueStride = PanelLayout.PaddedColumns(config.QueryKeyValueWidth);
        AttendedStride = PanelLayout.PaddedColumns(config.AttentionWidth);
        HiddenStride = HiddenLength(config);
        LogitsStride = PanelLayout.PaddedColumns(config.VocabularySize);
        Residual = Floats(limits.Rows, WidthStride);
        Projection = Floats(limits.Rows, WidthStride);
        QueryKeyValue = Floats(limits.Rows, QueryKeyValueStride);
        Attended = Floats(limits.Rows, AttendedStride);
        Hidden = Floats(limits.Rows, HiddenStride);
        Logits = Floats(limits.LogitRows, LogitsStride);
        _normalized = Quantized(limits.Rows, WidthStride);
        _quantizedAttended = Quantized(limits.Rows, AttendedStride);
        _quantizedHidden = Quantized(limits.Rows, PanelLayout.PaddedColumns(config.FeedForwardWidth));
        _normalizedLast = Quantized(limits.LogitRows, WidthStride);
        ScoresStride = ScoresLength(config);
        _scores = Floats(limits.Threads * AttentionHead.MostQueries, ScoresStride);
        _headStride = config.HeadStride;
        RotationStride = RotaryAngles.ChannelsOf(config.Rotary);
        Cosines = Floats(limits.Rows, RotationStride);
        Sines = Floats(limits.Rows, RotationStride);
        _quantizedQueries = (short*)_memory.Take(QuantizedQueryBytes(config, limits));
    }

    private readonly QuantizedRows _normalized;
    private readonly QuantizedRows _quantizedAttended;
    private readonly QuantizedRows _quantizedHidden;
    private readonly QuantizedRows _normalizedLast;

    public int WidthStride { get; }

    public int QueryKeyValueStride { get; }

    public int AttendedStride { get; }

    public int HiddenStride { get; }

    public int LogitsStride { get; }

    /// <summary>The residual stream, one row a token.</summary>
    public float* Residual { get; }

    /// <summary>What the next norm adds to the residual: the output of attention or of the feed-forward layer.</summary>
    public float* Projection { get; }

    public float* QueryKeyValue { get; }

    public float* Attended { get; }

    /// <summary>What the feed-forward layer's first matrix makes: values, or gates and values.</summary>
    public float* Hidden { get; }

    /// <summary>Floats of one row's cosines, and as many sines; 0 without rotary positions.</summary>
    public int RotationStride { get; }

    /// <summary>The cosines of each row's position.</summary>
    public float* Cosines { get; }

    /// <summary>The sines of each row's position.</summary>
    public float* Sines { get; }

    public float* Logits { get; }

    /// <summary>Floats from the scores of one query to those of the next.</summary>
    public int ScoresStride { get; }

    /// <summary>A worker's own room for the scores of <see cref="AttentionHead.MostQueries"/> queries.</summary>
    public float* Scores(int worker) => _scores + ((nint)worker * AttentionHead.MostQueries * ScoresStride);

    /// <summary>A worker's own room for <see cref="AttentionHead.MostQueries"/> quantized queries of one head.</summary>
    public short* QuantizedQueries(int worker) => _quantizedQueries + ((nint)worker * AttentionHead.MostQueries * _headStride);

    /// <summary>The normalized residual, quantized, for a pass of so many rows.</summary>
    public QuantizedRows Normalized(int rows) => ForRows(_normalized, rows);

    public QuantizedRows QuantizedAttended(int rows) => ForRows(_quantizedAttended, rows);

    public QuantizedRows QuantizedHidden(int rows) => ForRows(_quantizedHidden, rows);

    /// <summary>The normalized residual of the rows whose logits are wanted.</summary>
    public QuantizedRows NormalizedLast(int rows) => ForRows(_normalizedLast, rows);

    /// <summary>The native memory that a decoder takes, in bytes; exact.</summary>
    public static long Bytes(ModelConfig config, DecoderLimits limits)
    {
        int width = PanelLayout.PaddedColumns(config.Width);
        int attended = PanelLayout.PaddedColumns(config.AttentionWidth);
        int hidden = PanelLayout.PaddedColumns(config.FeedForwardWidth);
        int queryKeyValue = PanelLayout.PaddedColumns(config.QueryKeyValueWidth);
        int logits = PanelLayout.PaddedColumns(config.VocabularySize);
        return checked(
            (2 * FloatBytes(limits.Rows, width)) + FloatBytes(limits.Rows, queryKeyValue) + FloatBytes(limits.Rows, attended)
            + FloatBytes(limits.Rows, HiddenLength(config)) + FloatBytes(limits.LogitRows, logits)
            + QuantizedBytes(limits.Rows, width) + QuantizedBytes(limits.Rows, attended) + QuantizedBytes(limits.Rows, hidden)
            + QuantizedBytes(limits.LogitRows, width) + FloatBytes(limits.Threads * AttentionHead.MostQueries, ScoresLength(config))
            + QuantizedQueryBytes(config, limits) + (2 * FloatBytes(limits.Rows, RotaryAngles.ChannelsOf(config.Rotary))));
    }

    public void Dispose() => _memory.Dispose();

    private static int ScoresLength(ModelConfig config) => PanelLayout.PaddedColumns(config.ContextLength);

    /// <summary>Whole groups; gates take as much as what they open.</summary>
    private static int HiddenLength(ModelConfig config) =>
        (config.Gated ? 2 : 1) * PanelLayout.PaddedColumns(config.FeedForwardWidth);

    private static long QuantizedQueryBytes(ModelConfig config, DecoderLimits limits) =>
        NativeArena.RoundUp((long)limits.Threads * AttentionHead.MostQueries * config.HeadStride * sizeof(short));

    private static long FloatBytes(int rows, int stride) => NativeArena.RoundUp((long)rows * stride * sizeof(float));

    private static long QuantizedBytes(int rows, int stride) =>
        NativeArena.RoundUp((long)rows * stride) + (2 * FloatBytes(rows, PanelLayout.Groups(stride)));

    private static QuantizedRows ForRows(QuantizedRows all, int rows) => new(all.Values, all.Scales, all.Sums, rows, all.Groups);

    private float* Floats(int rows, int stride) => _memory.TakeFloats((long)rows * stride);

    private QuantizedRows Quantized(int rows, int stride)
    {
        int groups = PanelLayout.Groups(stride);
        return new((sbyte*)_memory.Take((long)rows * stride), Floats(rows, groups), (int*)Floats(rows, groups), rows, groups);
    }
}
