using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Decoding;

/// <summary>How much a decoder works on at once.</summary>
/// <param name="Rows">The maximum number of tokens in a forward pass.</param>
/// <param name="LogitRows">The maximum number of tokens in a forward pass whose logits are wanted.</param>
/// <param name="Threads">Workers, the calling thread included.</param>
internal readonly record struct DecoderLimits(int Rows, int LogitRows, int Threads);

/// <summary>
/// Every buffer that the forward pass writes between a token and its logits, in one allocation made with the decoder. A token's
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
        WidthStride = PanelLayout.PaddedInputs(config.Width);
        QueryKeyValueStride = PanelLayout.PaddedInputs(config.QueryKeyValueWidth);
        AttendedStride = PanelLayout.PaddedInputs(config.AttentionWidth);
        HiddenStride = HiddenLength(config);
        LogitsStride = PanelLayout.PaddedInputs(config.VocabularySize);
        Residual = Floats(limits.Rows, WidthStride);
        Projection = Floats(limits.Rows, WidthStride);
        QueryKeyValue = Floats(limits.Rows, QueryKeyValueStride);
        Attended = Floats(limits.Rows, AttendedStride);
        Hidden = Floats(limits.Rows, HiddenStride);
        Logits = Floats(limits.LogitRows, LogitsStride);
        _normalized = Quantized(limits.Rows, WidthStride);
        _quantizedAttended = Quantized(limits.Rows, AttendedStride);
        _quantizedHidden = Quantized(limits.Rows, PanelLayout.PaddedInputs(config.FeedForwardWidth));
        _normalizedLast = Quantized(limits.LogitRows, WidthStride);
        ScoresStride = ScoresLength(config);
        _scores = Floats(limits.Threads * AttentionHead.MaxQueries, ScoresStride);
        _headStride = config.HeadStride;
        RotationStride = RotaryAngles.ChannelsOf(config.Rotary);
        Cosines = Floats(limits.Rows, RotationStride);
        Sines = Floats(limits.Rows, RotationStride);
        _quantizedQueries = (short*)_memory.Take(QuantizedQueryBytes(config, limits));
    }

    private readonly QuantizedActivations _normalized;
    private readonly QuantizedActivations _quantizedAttended;
    private readonly QuantizedActivations _quantizedHidden;
    private readonly QuantizedActivations _normalizedLast;

    public int WidthStride { get; }

    public int QueryKeyValueStride { get; }

    public int AttendedStride { get; }

    public int HiddenStride { get; }

    public int LogitsStride { get; }

    /// <summary>The residual stream of each token.</summary>
    public float* Residual { get; }

    /// <summary>What the next norm adds to the residual: the output of attention or of the feed-forward layer.</summary>
    public float* Projection { get; }

    public float* QueryKeyValue { get; }

    public float* Attended { get; }

    /// <summary>What the feed-forward layer's first matrix makes: values, or gates and values.</summary>
    public float* Hidden { get; }

    /// <summary>Floats of one token's cosines, which is also the number of its sines; 0 without rotary positions.</summary>
    public int RotationStride { get; }

    /// <summary>The cosines of each token's position.</summary>
    public float* Cosines { get; }

    /// <summary>The sines of each token's position.</summary>
    public float* Sines { get; }

    public float* Logits { get; }

    /// <summary>Floats from the attention scores of one query to those of the next.</summary>
    public int ScoresStride { get; }

    /// <summary>A worker's buffer for the attention scores of <see cref="AttentionHead.MaxQueries"/> queries.</summary>
    public float* Scores(int worker) => _scores + ((nint)worker * AttentionHead.MaxQueries * ScoresStride);

    /// <summary>A worker's own room for <see cref="AttentionHead.MaxQueries"/> quantized queries of one head.</summary>
    public short* QuantizedQueries(int worker) => _quantizedQueries + ((nint)worker * AttentionHead.MaxQueries * _headStride);

    /// <summary>The normalized residual, quantized, for a forward pass with this number of tokens.</summary>
    public QuantizedActivations Normalized(int rows) => ForRows(_normalized, rows);

    public QuantizedActivations QuantizedAttended(int rows) => ForRows(_quantizedAttended, rows);

    public QuantizedActivations QuantizedHidden(int rows) => ForRows(_quantizedHidden, rows);

    /// <summary>The normalized residual of the tokens whose logits are wanted.</summary>
    public QuantizedActivations NormalizedLast(int rows) => ForRows(_normalizedLast, rows);

    /// <summary>The native memory that a decoder takes, in bytes; exact.</summary>
    public static long Bytes(ModelConfig config, DecoderLimits limits)
    {
        int width = PanelLayout.PaddedInputs(config.Width);
        int attended = PanelLayout.PaddedInputs(config.AttentionWidth);
        int hidden = PanelLayout.PaddedInputs(config.FeedForwardWidth);
        int queryKeyValue = PanelLayout.PaddedInputs(config.QueryKeyValueWidth);
        int logits = PanelLayout.PaddedInputs(config.VocabularySize);
        return checked(
            (2 * FloatBytes(limits.Rows, width)) + FloatBytes(limits.Rows, queryKeyValue) + FloatBytes(limits.Rows, attended)
            + FloatBytes(limits.Rows, HiddenLength(config)) + FloatBytes(limits.LogitRows, logits)
            + QuantizedBytes(limits.Rows, width) + QuantizedBytes(limits.Rows, attended) + QuantizedBytes(limits.Rows, hidden)
            + QuantizedBytes(limits.LogitRows, width) + FloatBytes(limits.Threads * AttentionHead.MaxQueries, ScoresLength(config))
            + QuantizedQueryBytes(config, limits) + (2 * FloatBytes(limits.Rows, RotaryAngles.ChannelsOf(config.Rotary))));
    }

    public void Dispose() => _memory.Dispose();

    private static int ScoresLength(ModelConfig config) => PanelLayout.PaddedInputs(config.ContextLength);

    /// <summary>Whole groups; gates take as much as what they open.</summary>
    private static int HiddenLength(ModelConfig config) =>
        (config.Gated ? 2 : 1) * PanelLayout.PaddedInputs(config.FeedForwardWidth);

    private static long QuantizedQueryBytes(ModelConfig config, DecoderLimits limits) =>
        NativeArena.RoundUp((long)limits.Threads * AttentionHead.MaxQueries * config.HeadStride * sizeof(short));

    private static long FloatBytes(int rows, int stride) => NativeArena.RoundUp((long)rows * stride * sizeof(float));

    private static long QuantizedBytes(int rows, int stride) =>
        NativeArena.RoundUp((long)rows * stride) + (2 * FloatBytes(rows, PanelLayout.Groups(stride)));

    private static QuantizedActivations ForRows(QuantizedActivations all, int rows) => new(all.Values, all.Scales, all.Sums, rows, all.Groups);

    private float* Floats(int rows, int stride) => _memory.TakeFloats((long)rows * stride);

    private QuantizedActivations Quantized(int rows, int stride)
    {
        int groups = PanelLayout.Groups(stride);
        return new((sbyte*)_memory.Take((long)rows * stride), Floats(rows, groups), (int*)Floats(rows, groups), rows, groups);
    }
}
