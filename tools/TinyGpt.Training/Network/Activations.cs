using TinyGpt.Kernels.Memory;

namespace TinyGpt.Training.Network;

/// <summary>
/// What the backward pass needs of one block; the rest (normalized rows, GELU's outputs, attention's shares) it computes again, which
/// costs less than the memory would.
/// </summary>
internal sealed unsafe class BlockActivations(NativeArena memory, ModelConfig config, long rows)
{
    /// <summary>rows × width: the block's input.</summary>
    public float* Input { get; } = memory.TakeFloats(rows * config.Width);

    /// <summary>rows × 3·width.</summary>
    public float* QueryKeyValue { get; } = memory.TakeFloats(rows * 3 * config.Width);

    /// <summary>rows × width: what the heads read.</summary>
    public float* Attended { get; } = memory.TakeFloats(rows * config.Width);

    /// <summary>rows × width: the stream between attention and feed-forward.</summary>
    public float* Middle { get; } = memory.TakeFloats(rows * config.Width);

    /// <summary>rows × feed-forward width, before GELU.</summary>
    public float* Hidden { get; } = memory.TakeFloats(rows * config.FeedForwardWidth);

    public NormStatistics AttentionNorm { get; } = new(memory, rows);

    public NormStatistics FeedForwardNorm { get; } = new(memory, rows);

    /// <summary>Floats of one block.</summary>
    public static long Floats(ModelConfig config, long rows) =>
        (rows * ((6L * config.Width) + config.FeedForwardWidth)) + (2 * NormStatistics.Floats(rows)) + (5 * 16);
}

/// <summary>Each row's mean and inverse deviation.</summary>
internal readonly unsafe struct NormStatistics(NativeArena memory, long rows)
{
    public float* Means { get; } = memory.TakeFloats(rows);

    public float* Inverses { get; } = memory.TakeFloats(rows);

    public static long Floats(long rows) => 2 * (rows + 16);
}

/// <summary>All buffers of one forward and backward pass of up to a given number of tokens.</summary>
internal sealed unsafe class Activations : IDisposable
{
    private readonly NativeArena _memory;

    public Activations(ModelConfig config, long rows)
    {
        Rows = rows;
        long widest = Math.Max(config.FeedForwardWidth, 3 * config.Width);
        long floats = (config.Layers * BlockActivations.Floats(config, rows))
            + (rows * ((5L * config.Width) + widest + config.FeedForwardWidth)) + NormStatistics.Floats(rows) + (8 * 16);
        _memory = new NativeArena(floats * sizeof(float), zeroed: false);
        Blocks = new BlockActivations[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Blocks[layer] = new BlockActivations(_memory, config, rows);
        }

        Output = _memory.TakeFloats(rows * config.Width);
        Normalized = _memory.TakeFloats(rows * config.Width);
        Branch = _memory.TakeFloats(rows * config.Width);
        Gathered = _memory.TakeFloats(rows * config.Width);
        Gradient = _memory.TakeFloats(rows * config.Width);
        Activated = _memory.TakeFloats(rows * config.FeedForwardWidth);
        WideGradient = _memory.TakeFloats(rows * widest);
        Head = new NormStatistics(_memory, rows);
    }

    /// <summary>The most rows that fit.</summary>
    public long Rows { get; }

    public BlockActivations[] Blocks { get; }

    /// <summary>rows × width: the residual stream after the last block.</summary>
    public float* Output { get; }

    /// <summary>rows × width: the output of whichever norm was computed last.</summary>
    public float* Normalized { get; }

    /// <summary>rows × width: a branch before it is added to the stream, or its gradient.</summary>
    public float* Branch { get; }

    /// <summary>rows × width: rows of <see cref="Output"/> that a head looks at.</summary>
    public float* Gathered { get; }

    /// <summary>rows × width: the gradient of the residual stream.</summary>
    public float* Gradient { get; }

    /// <summary>rows × feed-forward width: GELU's outputs.</summary>
    public float* Activated { get; }

    /// <summary>rows × the widest of a block's layers: gradients inside a branch.</summary>
    public float* WideGradient { get; }

    /// <summary>The final norm's statistics of gathered rows.</summary>
    public NormStatistics Head { get; }

    public void Dispose() => _memory.Dispose();
}
