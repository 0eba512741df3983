using TinyGpt.Kernels.Memory;

namespace TinyGpt.Training.Network;

/// <summary>One tensor that is trained, and the gradient of the loss with respect to it.</summary>
internal readonly unsafe struct TrainedTensor(float* values, float* gradient)
{
    public float* Values { get; } = values;

    public float* Gradient { get; } = gradient;
}

/// <summary>A layer norm's gain and bias.</summary>
internal sealed record NormParameters(TrainedTensor Gain, TrainedTensor Bias);

/// <summary>A matrix of inputs × outputs and a bias.</summary>
internal sealed record LinearParameters(TrainedTensor Weight, TrainedTensor Bias, int Inputs, int Outputs);

/// <summary>The tensors of one transformer block.</summary>
internal sealed record BlockParameters(
    NormParameters AttentionNorm,
    LinearParameters QueryKeyValue,
    LinearParameters AttentionOutput,
    NormParameters FeedForwardNorm,
    LinearParameters FeedForwardIn,
    LinearParameters FeedForwardOut);

/// <summary>
/// All tensors of a GPT-2 in one allocation, in the order of a checkpoint, and their gradients in another of the same layout. Each
/// starts at a multiple of 64 bytes; the gaps are zeros.
/// </summary>
internal sealed unsafe class ParameterSet : IDisposable
{
    /// <summary>The classifier head's matrix.</summary>
    public const string ScoreName = "score.weight";

    private readonly NativeArena _memory;
    private readonly List<NamedParameter> _named = [];
    private readonly float* _values;
    private readonly float* _gradients;
    private long _used;

    public ParameterSet(ModelConfig config, int classes)
    {
        int width = config.Width;
        long tensors = 6 + (12L * config.Layers);
        long capacity = config.ParameterCount + ((long)classes * width) + (tensors * 16);
        _memory = new NativeArena(2 * NativeArena.RoundUp(capacity * sizeof(float)));
        _values = _memory.TakeFloats(capacity);
        _gradients = _memory.TakeFloats(capacity);
        TokenEmbedding = Take("wte.weight", config.VocabularySize, width);
        PositionEmbedding = Take("wpe.weight", config.ContextLength, width);
        Blocks = new BlockParameters[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            string block = $"h.{layer}.";
            Blocks[layer] = new BlockParameters(
                TakeNorm(block + "ln_1", width),
                TakeLinear(block + "attn.c_attn", width, 3 * width),
                TakeLinear(block + "attn.c_proj", width, width),
                TakeNorm(block + "ln_2", width),
                TakeLinear(block + "mlp.c_fc", width, config.FeedForwardWidth),
                TakeLinear(block + "mlp.c_proj", config.FeedForwardWidth, width));
        }

        FinalNorm = TakeNorm("ln_f", width);
        Head = config.TiedHead ? TokenEmbedding : Take("lm_head.weight", config.VocabularySize, width);
        Score = classes > 0 ? Take(ScoreName, classes, width) : default;
    }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyList<NamedParameter> Named => _named;

    /// <summary>vocabulary × width.</summary>
    public TrainedTensor TokenEmbedding { get; }

    /// <summary>context × width.</summary>
    public TrainedTensor PositionEmbedding { get; }

    public BlockParameters[] Blocks { get; }

    public NormParameters FinalNorm { get; }

    /// <summary>vocabulary × width; the token embedding itself where the head is tied.</summary>
    public TrainedTensor Head { get; }

    /// <summary>classes × width; nothing without a classifier head.</summary>
    public TrainedTensor Score { get; }

    /// <summary>Floats of the whole layout, gaps included.</summary>
    public long FloatCount => _used;

    /// <summary>The place of a tensor's gradient.</summary>
    public float* GradientOf(NamedParameter parameter) => _gradients + (parameter.Pointer - _values);

    /// <summary>A tensor's offset from the first float.</summary>
    public long OffsetOf(NamedParameter parameter) => parameter.Pointer - _values;

    /// <summary>Makes all gradients zero.</summary>
    public void ClearGradients()
    {
        foreach (NamedParameter parameter in _named)
        {
            new Span<float>(GradientOf(parameter), parameter.Count).Clear();
        }
    }

    public void Dispose() => _memory.Dispose();

    private NormParameters TakeNorm(string name, int width) => new(Take(name + ".weight", width), Take(name + ".bias", width));

    private LinearParameters TakeLinear(string name, int inputs, int outputs) =>
        new(Take(name + ".weight", inputs, outputs), Take(name + ".bias", outputs), inputs, outputs);

    private TrainedTensor Take(string name, params int[] shape)
    {
        NamedParameter parameter = new(name, shape, _values + _used);
        _named.Add(parameter);
        TrainedTensor tensor = new(_values + _used, _gradients + _used);
        _used += (parameter.Count + 15L) & ~15L;
        return tensor;
    }
}
