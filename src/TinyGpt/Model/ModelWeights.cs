using TinyGpt.Kernels.Contract;

namespace TinyGpt.Model;

/// <summary>Finds a tensor's first byte by its name. The owner has checked that all tensors of the model are there.</summary>
internal unsafe delegate byte* TensorLookup(string name);

/// <summary>
/// A norm's gain and bias, padded with zeros to 64. RMS norm has no bias; where the residual is used as it is, there is no gain either.
/// </summary>
internal readonly unsafe struct NormWeights(float* gain, float* bias)
{
    public float* Gain => gain;

    public float* Bias => bias;
}

/// <summary>A matrix and the bias of its outputs, which is null where it has none.</summary>
internal readonly unsafe struct ProjectionWeights(PackedMatrix matrix, float* bias)
{
    public PackedMatrix Matrix => matrix;

    public float* Bias => bias;
}

/// <summary>The weights of one Transformer block.</summary>
internal sealed unsafe class BlockWeights
{
    /// <summary>
    /// The norm through which attention reads the residual. With norms after the sums it belongs to the previous block, and the first
    /// block has none.
    /// </summary>
    public required NormWeights BeforeAttention { get; init; }

    public required ProjectionWeights QueryKeyValue { get; init; }

    /// <summary>The gain of each query head's norm, or null.</summary>
    public required float* QueryGain { get; init; }

    /// <summary>The gain of each key head's norm, or null.</summary>
    public required float* KeyGain { get; init; }

    public required ProjectionWeights AttentionOutput { get; init; }

    /// <summary>The norm through which the feed-forward layer reads the residual.</summary>
    public required NormWeights BeforeFeedForward { get; init; }

    public required ProjectionWeights FeedForwardIn { get; init; }

    public required ProjectionWeights FeedForwardOut { get; init; }
}

/// <summary>Views of all of a model's tensors; owns none of them. Immutable and thread-safe.</summary>
internal sealed unsafe class ModelWeights
{
    private readonly Dictionary<string, TensorShape> _shapes;
    private readonly TensorLookup _lookup;

    /// <summary>Makes the views.</summary>
    /// <param name="config">A valid configuration.</param>
    /// <param name="tensors">Those of <see cref="ModelTensors.Of"/>, each with the precision that it has.</param>
    /// <param name="lookup">Finds each of them.</param>
    public ModelWeights(ModelConfig config, IReadOnlyList<TensorShape> tensors, TensorLookup lookup)
    {
        _lookup = lookup;
        _shapes = tensors.ToDictionary(tensor => tensor.Name);
        TokenEmbedding = Matrix(ModelTensors.TokenEmbedding);
        PositionEmbedding = Floats(ModelTensors.PositionEmbedding);
        Blocks = new BlockWeights[config.Layers];
        bool normsAfter = config.NormPlacement == NormPlacement.After;
        NormWeights behind = default;
        for (int layer = 0; layer < config.Layers; layer++)
        {
            NormWeights attentionNorm = Norm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm));
            NormWeights feedForwardNorm = Norm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm));
            Blocks[layer] = new BlockWeights
            {
                BeforeAttention = normsAfter ? behind : attentionNorm,
                QueryKeyValue = Projection(ModelTensors.InBlock(layer, ModelTensors.QueryKeyValue)),
                QueryGain = Norm(ModelTensors.InBlock(layer, ModelTensors.QueryNorm)).Gain,
                KeyGain = Norm(ModelTensors.InBlock(layer, ModelTensors.KeyNorm)).Gain,
                AttentionOutput = Projection(ModelTensors.InBlock(layer, ModelTensors.AttentionOutput)),
                BeforeFeedForward = normsAfter ? attentionNorm : feedForwardNorm,
                FeedForwardIn = Projection(ModelTensors.InBlock(layer, ModelTensors.FeedForwardIn)),
                FeedForwardOut = Projection(ModelTensors.InBlock(layer, ModelTensors.FeedForwardOut)),
            };
            behind = feedForwardNorm;
        }

        BeforeHead = normsAfter ? behind : Norm(ModelTensors.FinalNorm);
        Head = new ProjectionWeights(config.TiedHead ? TokenEmbedding : Matrix(ModelTensors.Head), null);
    }

    public PackedMatrix TokenEmbedding { get; }

    /// <summary>One row per position, padded to 64 floats; null with rotary positions.</summary>
    public float* PositionEmbedding { get; }

    public BlockWeights[] Blocks { get; }

    /// <summary>The norm through which the head reads the residual.</summary>
    public NormWeights BeforeHead { get; }

    public ProjectionWeights Head { get; }

    private PackedMatrix Matrix(string name) =>
        new(_lookup(name), _shapes[name].Rows, _shapes[name].Columns, _shapes[name].Precision);

    /// <summary>A tensor of floats, or null where the configuration calls for none of that name.</summary>
    private float* Floats(string name) => _shapes.ContainsKey(name) ? (float*)_lookup(name) : null;

    private NormWeights Norm(string name) => new(Floats(ModelTensors.Gain(name)), Floats(ModelTensors.Bias(name)));

    private ProjectionWeights Projection(string name) => new(Matrix(name), Floats(ModelTensors.Bias(name)));
}
