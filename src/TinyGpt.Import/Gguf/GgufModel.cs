using TinyGpt.Import.HuggingFace;
using TinyGpt.Import.Packing;

namespace TinyGpt.Import.Gguf;

/// <summary>
/// A model in a GGUF file, as what a <c>.tgpt</c> file holds. Tensors are dequantized row by row while they are packed. Llama's queries and
/// keys are stored with the channels that are rotated together side by side, as the packed form wants them; the other rotary
/// architectures have them half a head apart and are reordered.
/// </summary>
internal sealed class GgufModel : CheckpointModel
{
    private readonly GgufFile _file;
    private readonly HashSet<string> _unused;
    private readonly Lazy<int[]> _queryKeyValueOrder;
    private readonly Lazy<int[]> _feedForwardOrder;

    private GgufModel(GgufFile file)
        : base(file)
    {
        _file = file;
        Config = GgufConfig.Read(file);
        _unused = new HashSet<string>(file.Tensors.Keys, StringComparer.Ordinal);
        if (Config.Rotary is not null)
        {
            _unused.Remove(GgufNames.RotaryFactors);
        }

        _queryKeyValueOrder = new Lazy<int[]>(
            () => RowOrder.QueryKeyValue(Config, GgufConfig.HasRotaryHalves(Config.Architecture)));
        _feedForwardOrder = new Lazy<int[]>(() => RowOrder.FeedForwardIn(Config));
        MapTensors();
        if (_unused.Count > 0)
        {
            throw new ModelFormatException(
                file.File, $"tensor '{_unused.Min(StringComparer.Ordinal)}' has no place in a model of architecture {Config.Architecture}");
        }

        Tokenizer = GgufTokenizerKeys.Read(file.Metadata, Config.VocabularySize);
        Config = EndTokens.Add(Config, Tokenizer?.EndTokens ?? [], file.File);
    }

    public override ModelConfig Config { get; }

    public override long SourceBytes => _file.Tensors.Values.Sum(tensor => tensor.Bytes);

    public override IEnumerable<SourceTensor> Stored =>
        _file.Tensors.Values.Select(tensor => new SourceTensor(tensor.Name, tensor.TypeName, tensor.Shape, tensor.Bytes));

    public override TokenizerContent? Tokenizer { get; }

    /// <summary>Opens a model and checks that its tensors are those of its metadata.</summary>
    /// <param name="path">The file.</param>
    public static GgufModel Open(string path) => Own(GgufFile.Open(path), file => new GgufModel(file));

    private void MapTensors()
    {
        bool isUnderHead = Config.TiedHead && !_file.Tensors.ContainsKey(GgufNames.TokenEmbedding);
        Add(ModelTensors.TokenEmbedding, Rows(isUnderHead ? GgufNames.Head : GgufNames.TokenEmbedding, Config.VocabularySize, Config.Width));
        if (Config.Rotary is null)
        {
            Add(ModelTensors.PositionEmbedding, Rows(GgufNames.PositionEmbedding, Config.ContextLength, Config.Width));
        }

        for (int layer = 0; layer < Config.Layers; layer++)
        {
            MapBlock(layer);
        }

        AddNorm(ModelTensors.FinalNorm, GgufNames.FinalNorm);
        if (!Config.TiedHead)
        {
            Add(ModelTensors.Head, Rows(GgufNames.Head, Config.VocabularySize, Config.Width));
        }
    }

    private void MapBlock(int layer)
    {
        int queries = Config.Heads * Config.HeadSize;
        int keys = Config.KeyValueHeads * Config.HeadSize;
        AddNorm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm), GgufNames.InBlock(layer, GgufNames.AttentionNorm));
        AddInput(
            layer,
            ModelTensors.QueryKeyValue,
            Config.Rotary is null
                ? [(GgufNames.QueryKeyValue, queries + (2 * keys))]
                : [(GgufNames.Query, queries), (GgufNames.Key, keys), (GgufNames.Value, keys)],
            _queryKeyValueOrder,
            Config.QueryKeyValueBias);
        if (Config.QueryKeyNorm)
        {
            AddHeadNorm(layer, ModelTensors.QueryNorm, GgufNames.QueryNorm);
            AddHeadNorm(layer, ModelTensors.KeyNorm, GgufNames.KeyNorm);
        }

        AddOutput(layer, ModelTensors.AttentionOutput, GgufNames.AttentionOutput, queries, Config.AttentionOutputBias);
        AddNorm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm), GgufNames.InBlock(layer, GgufNames.FeedForwardNorm));
        AddInput(
            layer,
            ModelTensors.FeedForwardIn,
            Config.Gated
                ? [(GgufNames.FeedForwardGate, Config.FeedForwardWidth), (GgufNames.FeedForwardUp, Config.FeedForwardWidth)]
                : [(GgufNames.FeedForwardUp, Config.FeedForwardWidth)],
            _feedForwardOrder,
            Config.FeedForwardBias);
        AddOutput(layer, ModelTensors.FeedForwardOut, GgufNames.FeedForwardDown, Config.FeedForwardWidth, Config.FeedForwardBias);
    }

    private void AddNorm(string norm, string name)
    {
        Add(ModelTensors.Gain(norm), Vector(GgufNames.Weight(name), Config.Width));
        if (Config.Norm == NormKind.LayerNorm)
        {
            Add(ModelTensors.Bias(norm), Vector(GgufNames.Bias(name), Config.Width));
        }
    }

    private void AddHeadNorm(int layer, string norm, string name)
    {
        GgufVector gain = new(Find(GgufNames.Weight(GgufNames.InBlock(layer, name)), Config.HeadSize));
        Add(
            ModelTensors.Gain(ModelTensors.InBlock(layer, norm)),
            new RowOfRows(new OrderedRows(gain, RowOrder.Head(Config, GgufConfig.HasRotaryHalves(Config.Architecture)))));
    }

    /// <summary>A matrix that reads the residual, whose rows are put into another order, and its bias.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="matrix">What it is in the packed model.</param>
    /// <param name="parts">The tensors that have its rows, one after the other.</param>
    /// <param name="order">The order of the rows; it is made when the tensors are known to be there.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    private void AddInput(int layer, string matrix, (string Name, int Rows)[] parts, Lazy<int[]> order, bool hasBias)
    {
        string target = ModelTensors.InBlock(layer, matrix);
        IRowSource[] weights =
            [.. parts.Select(part => Rows(GgufNames.Weight(GgufNames.InBlock(layer, part.Name)), part.Rows, Config.Width))];
        Add(target, new OrderedRows(new JoinedRows(weights), order.Value));
        if (hasBias)
        {
            IRowSource[] biases =
                [.. parts.Select(part => new GgufVector(Find(GgufNames.Bias(GgufNames.InBlock(layer, part.Name)), part.Rows)))];
            Add(ModelTensors.Bias(target), new RowOfRows(new OrderedRows(new JoinedRows(biases), order.Value)));
        }
    }

    /// <summary>A matrix that gives the residual's features, and its bias.</summary>
    private void AddOutput(int layer, string matrix, string name, int columns, bool hasBias)
    {
        string target = ModelTensors.InBlock(layer, matrix);
        string stored = GgufNames.InBlock(layer, name);
        GgufRows weights = Rows(GgufNames.Weight(stored), Config.Width, columns);
        bool padded = matrix == ModelTensors.AttentionOutput && Config.HeadSize != Config.HeadStride;
        Add(target, padded ? new HeadPaddedColumns(weights, Config.HeadSize, Config.HeadStride) : weights);
        if (hasBias)
        {
            Add(ModelTensors.Bias(target), Vector(GgufNames.Bias(stored), Config.Width));
        }
    }

    private GgufRows Rows(string name, int rows, int columns) => new(Find(name, columns, rows));

    private GgufRows Vector(string name, int length) => new(Find(name, length));

    private GgufTensor Find(string name, params long[] shape)
    {
        if (!_file.Tensors.TryGetValue(name, out GgufTensor? tensor))
        {
            throw new ModelFormatException(
                _file.File, $"tensor '{name}' is missing; the metadata calls for it with shape [{string.Join(", ", shape)}]");
        }

        if (!tensor.Shape.SequenceEqual(shape))
        {
            throw new ModelFormatException(
                _file.File,
                $"tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], and the metadata calls for [{string.Join(", ", shape)}]");
        }

        _unused.Remove(name);
        return tensor;
    }
}
