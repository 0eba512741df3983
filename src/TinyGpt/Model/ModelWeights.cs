using TinyGpt.Kernels;

namespace TinyGpt.Model;

/// <summary>Finds a tensor's first byte by its name; the holder has checked that all of <see cref="ModelTensors.Of"/> are there.</summary>
internal unsafe delegate byte* TensorLookup(string name);

/// <summary>Layer norm's gain and bias, padded with zeros to 64.</summary>
internal readonly unsafe struct NormWeights(float* gain, float* bias)
{
    public float* Gain => gain;

    public float* Bias => bias;
}

/// <summary>A matrix and the bias of its outputs; the bias is null for the head.</summary>
internal readonly unsafe struct ProjectionWeights(PackedMatrix matrix, float* bias)
{
    public PackedMatrix Matrix => matrix;

    public float* Bias => bias;
}

/// <summary>The weights of one Transformer block.</summary>
internal sealed class BlockWeights
{
    public required NormWeights AttentionNorm { get; init; }

    public required ProjectionWeights QueryKeyValue { get; init; }

    public required ProjectionWeights AttentionOutput { get; init; }

    public required NormWeights FeedForwardNorm { get; init; }

    public required ProjectionWeights FeedForwardIn { get; init; }

    public required ProjectionWeights FeedForwardOut { get; init; }
}

/// <summary>Views of all of a model's tensors; owns none of them. Immutable and thread-safe.</summary>
internal sealed unsafe class ModelWeights
{
    private readonly Dictionary<string, TensorShape> _shapes;
    private readonly TensorLookup _lookup;

    public ModelWeights(ModelConfig config, TensorLookup lookup)
    {
        _lookup = lookup;
        _shapes = ModelTensors.Of(config).ToDictionary(tensor => tensor.Name);
        TokenEmbedding = Matrix(ModelTensors.TokenEmbedding);
        PositionEmbedding = (float*)lookup(ModelTensors.PositionEmbedding);
        Blocks = new BlockWeights[config.Layers];
        for (int layer = 0; layer < config.Layers; layer++)
        {
            Blocks[layer] = new BlockWeights
            {
                AttentionNorm = Norm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm)),
                QueryKeyValue = Projection(ModelTensors.InBlock(layer, ModelTensors.QueryKeyValue)),
                AttentionOutput = Projection(ModelTensors.InBlock(layer, ModelTensors.AttentionOutput)),
                FeedForwardNorm = Norm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm)),
                FeedForwardIn = Projection(ModelTensors.InBlock(layer, ModelTensors.FeedForwardIn)),
                FeedForwardOut = Projection(ModelTensors.InBlock(layer, ModelTensors.FeedForwardOut)),
            };
        }

        FinalNorm = Norm(ModelTensors.FinalNorm);
        Head = new ProjectionWeights(config.TiedHead ? TokenEmbedding : Matrix(ModelTensors.Head), null);
    }

    public PackedMatrix TokenEmbedding { get; }

    /// <summary>One row a position, padded to 64 floats.</summary>
    public float* PositionEmbedding { get; }

    public BlockWeights[] Blocks { get; }

    public NormWeights FinalNorm { get; }

    public ProjectionWeights Head { get; }

    private PackedMatrix Matrix(string name) => new(_lookup(name), _shapes[name].Rows, _shapes[name].Columns);

    private NormWeights Norm(string name) =>
        new((float*)_lookup(ModelTensors.Gain(name)), (float*)_lookup(ModelTensors.Bias(name)));

    private ProjectionWeights Projection(string name) => new(Matrix(name), (float*)_lookup(ModelTensors.Bias(name)));
}
