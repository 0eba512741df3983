using TinyGpt.Import.Packing;

namespace TinyGpt.Import.HuggingFace;

/// <summary>
/// A checkpoint in Hugging Face's layout. Rows are brought into the order of <see cref="ModelTensors"/> while they are packed: matrices
/// that are stored as inputs × outputs are transposed, head sizes that are no multiple of 16 padded, and so on.
/// </summary>
internal sealed class HuggingFaceModel : CheckpointModel
{
    private const string ConfigName = "config.json";

    private readonly SafetensorsCheckpoint _checkpoint;
    private readonly CheckpointNames _names;
    private readonly HashSet<string> _unused;
    private readonly Lazy<int[]> _queryKeyValueOrder;
    private readonly Lazy<int[]> _feedForwardOrder;
    private readonly string _prefix;
    private readonly string _embedding;
    private long _sourceBytes;

    private HuggingFaceModel(SafetensorsCheckpoint checkpoint, ModelConfig config, string folder)
        : base(checkpoint)
    {
        _checkpoint = checkpoint;
        _names = CheckpointNames.Of(config.Architecture);
        Config = config;
        (_prefix, _embedding) = FindEmbedding();

        // Made once, and only when the tensors whose rows they name are known to be there.
        _queryKeyValueOrder = new Lazy<int[]>(() => RowOrder.QueryKeyValue(Config, pairsAreHalves: true, _names.HeadsOutermost));
        _feedForwardOrder = new Lazy<int[]>(() => RowOrder.FeedForwardIn(Config));
        _unused = new HashSet<string>(checkpoint.Tensors.Keys.Where(name => !IsIgnored(name)), StringComparer.Ordinal);
        MapTensors();
        if (_unused.Count > 0)
        {
            throw new ModelFormatException(
                checkpoint.File, $"tensor '{_unused.Min(StringComparer.Ordinal)}' has no place in a model of architecture {config.Architecture}");
        }

        // Last: a vocabulary takes memory for every id of the configuration, which the tensors have confirmed now.
        Tokenizer = TokenizerFiles.Exists(folder) ? TokenizerFiles.ReadContent(folder, config.VocabularySize) : null;
        Config = EndTokens.Add(config, [.. Tokenizer?.EndTokens ?? [], .. GenerationConfigFile.ReadEndTokens(folder)], folder);
        Parts = ClassifierFiles.Exists(folder) ? [ModelPart.Of(ReadClassifier(folder, config.Width))] : [];
    }

    public override ModelConfig Config { get; }

    public override long SourceBytes => _sourceBytes;

    public override IEnumerable<SourceTensor> Stored =>
        _checkpoint.Tensors.Values.Select(tensor => new SourceTensor(tensor.Name, tensor.TypeName, tensor.Shape, tensor.Bytes));

    public override TokenizerContent? Tokenizer { get; }

    public override IReadOnlyList<ModelPart> Parts { get; }

    /// <summary>Opens a checkpoint and checks that its tensors are those of its configuration.</summary>
    /// <param name="path">A folder, or a <c>.safetensors</c> file with a <c>config.json</c> beside it.</param>
    public static HuggingFaceModel Open(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        ModelConfig config = HuggingFaceConfig.Read(Path.Combine(folder, ConfigName));
        return Own(SafetensorsCheckpoint.Open(path), checkpoint => new HuggingFaceModel(checkpoint, config, folder));
    }

    private static ClassifierWeights ReadClassifier(string folder, int width)
    {
        ClassifierWeights weights = ClassifierFiles.Read(folder);
        return weights.Width == width ? weights
            : throw new ModelFormatException(folder, $"the classifier is for models of hidden size {weights.Width}, not {width}");
    }

    /// <summary>
    /// The prefix of the names, and the tensor of the token embedding. A file of tied weights may have them under the head's name
    /// alone.
    /// </summary>
    private (string Prefix, string Embedding) FindEmbedding()
    {
        string? Find(string name) => Array.Find(_names.Prefixes, prefix => _checkpoint.Tensors.ContainsKey($"{prefix}{name}.weight"));
        return Find(_names.TokenEmbedding) is { } prefix ? (prefix, prefix + _names.TokenEmbedding)
            : Config.TiedHead && _checkpoint.Tensors.ContainsKey(_names.Head + ".weight")
                ? (Find($"{_names.Block}0.{_names.AttentionNorm}") ?? "", _names.Head)
            : ("", _names.TokenEmbedding);
    }

    private bool IsIgnored(string name) => Array.Exists(_names.Ignored, end => name.EndsWith(end, StringComparison.Ordinal));

    private void MapTensors()
    {
        int width = Config.Width;
        Add(ModelTensors.TokenEmbedding, Rows(_embedding, Config.VocabularySize, width));
        if (Config.Rotary is null)
        {
            IRowSource positions = Rows(_prefix + _names.PositionEmbedding, _names.FirstPosition + Config.ContextLength, width);
            Add(ModelTensors.PositionEmbedding, Mapped(positions, [.. Enumerable.Range(_names.FirstPosition, Config.ContextLength)]));
        }

        for (int layer = 0; layer < Config.Layers; layer++)
        {
            MapBlock(layer, $"{_prefix}{_names.Block}{layer}.");
        }

        if (Config.NormPlacement == NormPlacement.Before)
        {
            AddNorm(ModelTensors.FinalNorm, _prefix + _names.FinalNorm);
        }

        string head = _names.Head + ".weight";
        if (!Config.TiedHead)
        {
            Add(ModelTensors.Head, Rows(_names.Head, Config.VocabularySize, width));
        }
        else if (_unused.Remove(head) && !_checkpoint.Tensors[head].ContentEquals(_checkpoint.Tensors[_embedding + ".weight"]))
        {
            throw new ModelFormatException(
                _checkpoint.File, $"config.json ties the head to the token embedding, but '{head}' is another matrix");
        }
    }

    private void MapBlock(int layer, string block)
    {
        int width = Config.Width;
        int queries = Config.Heads * Config.HeadSize;
        int keys = Config.KeyValueHeads * Config.HeadSize;
        AddNorm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm), block + _names.AttentionNorm);
        AddMatrix(
            ModelTensors.InBlock(layer, ModelTensors.QueryKeyValue),
            [.. _names.QueryKeyValue.Select(name => block + name)],
            _names.QueryKeyValue.Length == 1 ? [queries + (2 * keys)] : [queries, keys, keys],
            width,
            Config.QueryKeyValueBias,
            _queryKeyValueOrder);
        if (Config.QueryKeyNorm)
        {
            int[] order = RowOrder.Head(Config, pairsAreHalves: true);
            AddVector(ModelTensors.Gain(ModelTensors.InBlock(layer, ModelTensors.QueryNorm)), block + _names.QueryNorm + ".weight", order);
            AddVector(ModelTensors.Gain(ModelTensors.InBlock(layer, ModelTensors.KeyNorm)), block + _names.KeyNorm + ".weight", order);
        }

        AddAttentionOutput(ModelTensors.InBlock(layer, ModelTensors.AttentionOutput), block + _names.AttentionOutput, queries);
        AddNorm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm), block + _names.FeedForwardNorm);
        AddMatrix(
            ModelTensors.InBlock(layer, ModelTensors.FeedForwardIn),
            [.. _names.FeedForwardIn.Select(name => block + name)],
            [.. _names.FeedForwardIn.Select(_ => Config.FeedForwardWidth)],
            width,
            Config.FeedForwardBias,
            _feedForwardOrder);
        AddMatrix(
            ModelTensors.InBlock(layer, ModelTensors.FeedForwardOut),
            [block + _names.FeedForwardOut],
            [width],
            Config.FeedForwardWidth,
            Config.FeedForwardBias,
            new Lazy<int[]>(() => RowOrder.AsStored(width)));
    }

    private void AddNorm(string norm, string name)
    {
        AddVector(ModelTensors.Gain(norm), name + ".weight", RowOrder.AsStored(Config.Width));
        if (Config.Norm == NormKind.LayerNorm)
        {
            AddVector(ModelTensors.Bias(norm), name + ".bias", RowOrder.AsStored(Config.Width));
        }
    }

    /// <summary>Adds a matrix, whose rows one or more stored ones have, and its bias.</summary>
    private void AddMatrix(string matrix, string[] names, int[] rows, int columns, bool hasBias, Lazy<int[]> order)
    {
        Add(matrix, Mapped(Joined([.. names.Select((name, i) => Matrix(name, rows[i], columns))]), order.Value));
        if (hasBias)
        {
            IRowSource[] biases = [.. names.Select((name, i) => new StoredRows(Find(name + ".bias", rows[i]), rows[i], 1))];
            Add(ModelTensors.Bias(matrix), new RowOfRows(Mapped(Joined(biases), order.Value)));
        }
    }

    private void AddAttentionOutput(string matrix, string name, int queries)
    {
        IRowSource weights = Matrix(name, Config.Width, queries);
        bool padded = Config.HeadSize != Config.HeadStride;
        Add(matrix, padded ? new HeadPaddedColumns(weights, Config.HeadSize, Config.HeadStride) : weights);
        if (Config.AttentionOutputBias)
        {
            AddVector(ModelTensors.Bias(matrix), name + ".bias", RowOrder.AsStored(Config.Width));
        }
    }

    private void AddVector(string vector, string name, int[] order) =>
        Add(vector, new RowOfRows(Mapped(new StoredRows(Find(name, order.Length), order.Length, 1), order)));

    private IRowSource Matrix(string name, int rows, int columns) => _names.Transposed
        ? new TransposedRows(Find(name + ".weight", columns, rows), rows, columns)
        : Rows(name, rows, columns);

    private StoredRows Rows(string name, int rows, int columns) => new(Find(name + ".weight", rows, columns), rows, columns);

    private static IRowSource Joined(IRowSource[] sources) => sources.Length == 1 ? sources[0] : new JoinedRows(sources);

    private static IRowSource Mapped(IRowSource source, int[] order) =>
        order.Length == source.Rows && order.AsSpan().SequenceEqual(RowOrder.AsStored(source.Rows)) ? source : new OrderedRows(source, order);

    private SafetensorsTensor Find(string name, params ReadOnlySpan<long> shape)
    {
        if (!_checkpoint.Tensors.TryGetValue(name, out SafetensorsTensor? tensor))
        {
            throw new ModelFormatException(
                _checkpoint.File, $"tensor '{name}' is missing; config.json calls for it with shape [{string.Join(", ", shape.ToArray())}]");
        }

        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new ModelFormatException(
                tensor.File,
                $"tensor '{name}' has shape [{string.Join(", ", tensor.Shape)}], and config.json calls for [{string.Join(", ", shape.ToArray())}]");
        }

        if (tensor.Type == SafetensorsType.Other)
        {
            throw new ModelFormatException(
                tensor.File, $"tensor '{name}' has type {tensor.TypeName}, which is not supported (supported: F32, F16, BF16)");
        }

        _unused.Remove(name);
        _sourceBytes += tensor.Bytes;
        return tensor;
    }
}
