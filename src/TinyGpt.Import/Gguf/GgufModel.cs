using System.Diagnostics.CodeAnalysis;

namespace TinyGpt.Import;

/// <summary>
/// A model in a GGUF file, as what a <c>.tgpt</c> file holds. Tensors are dequantized row by row while they are packed. Llama's queries and
/// keys are stored with the channels that are rotated together side by side, as the packed form wants them; the other rotary
/// architectures have them half a head apart and are reordered.
/// </summary>
internal sealed unsafe class GgufModel : ITensorSource
{
    private readonly GgufFile _file;
    private readonly Dictionary<string, IRowSource> _sources = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unused;

    private GgufModel(GgufFile file)
    {
        _file = file;
        Config = GgufConfig.Read(file);
        _unused = new HashSet<string>(file.Tensors.Keys, StringComparer.Ordinal);
        if (Config.Rotary is not null)
        {
            _unused.Remove(GgufNames.RotaryFactors);
        }

        MapTensors();
        if (_unused.Count > 0)
        {
            throw new ModelFormatException(
                file.File, $"tensor '{_unused.Min(StringComparer.Ordinal)}' has no place in a model of architecture {Config.Architecture}");
        }

    }

    public ModelConfig Config { get; }

    public long SourceBytes => _file.Tensors.Values.Sum(tensor => tensor.Bytes);

    public IEnumerable<SourceTensor> Stored =>
        _file.Tensors.Values.Select(tensor => new SourceTensor(tensor.Name, tensor.TypeName, tensor.Shape, tensor.Bytes));

    public TokenizerContent? Tokenizer => null;

    /// <summary>Opens a model and checks that its tensors are those of its metadata.</summary>
    /// <param name="path">The file.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the result, or disposed where opening fails.")]
    public static GgufModel Open(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            return new GgufModel(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public QuantizationError Fill(TensorShape tensor, byte* target, CancellationToken cancellation)
    {
        IRowSource source = _sources[tensor.Name];
        if (tensor.Kind == TensorKind.Panels)
        {
            return PanelPacker.Pack(source, target, cancellation);
        }

        PanelPacker.Copy(source, (float*)target, cancellation);
        return default;
    }

    public void Dispose() => _file.Dispose();

    private void MapTensors()
    {
        int width = Config.Width;
        bool joined = Config.Rotary is null;
        bool halves = GgufConfig.HasRotaryHalves(Config.Architecture);
        int queries = Config.Heads * Config.HeadSize;
        int keys = Config.KeyValueHeads * Config.HeadSize;
        Arrangement attention = new(
            joined ? [(GgufNames.QueryKeyValue, 3 * width)] : [(GgufNames.Query, queries), (GgufNames.Key, keys), (GgufNames.Value, keys)],
            Config.QueryKeyValueWidth,
            RowArrangements.QueryKeyValue(Config, joined, halves));
        Arrangement feedForward = Config.Gated
            ? new(
                [(GgufNames.FeedForwardGate, Config.FeedForwardWidth), (GgufNames.FeedForwardUp, Config.FeedForwardWidth)],
                Config.FeedForwardInWidth,
                RowArrangements.Gated(Config.FeedForwardWidth))
            : new([(GgufNames.FeedForwardUp, Config.FeedForwardWidth)], Config.FeedForwardInWidth, row => new RowPlace(0, row));

        _sources.Add(ModelTensors.TokenEmbedding, Rows(GgufNames.TokenEmbedding, Config.VocabularySize, width));
        if (Config.Rotary is null)
        {
            _sources.Add(ModelTensors.PositionEmbedding, Rows(GgufNames.PositionEmbedding, Config.ContextLength, width));
        }

        for (int layer = 0; layer < Config.Layers; layer++)
        {
            AddNorm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm), GgufNames.InBlock(layer, GgufNames.AttentionNorm));
            AddArranged(layer, ModelTensors.QueryKeyValue, attention, Config.QueryKeyValueBias);
            if (Config.QueryKeyNorm)
            {
                AddHeadNorm(layer, ModelTensors.QueryNorm, GgufNames.QueryNorm, halves);
                AddHeadNorm(layer, ModelTensors.KeyNorm, GgufNames.KeyNorm, halves);
            }

            AddOutput(layer, ModelTensors.AttentionOutput, GgufNames.AttentionOutput, queries, Config.AttentionOutputBias);
            AddNorm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm), GgufNames.InBlock(layer, GgufNames.FeedForwardNorm));
            AddArranged(layer, ModelTensors.FeedForwardIn, feedForward, Config.FeedForwardBias);
            AddOutput(layer, ModelTensors.FeedForwardOut, GgufNames.FeedForwardDown, Config.FeedForwardWidth, Config.FeedForwardBias);
        }

        AddNorm(ModelTensors.FinalNorm, GgufNames.FinalNorm);
        if (!Config.TiedHead)
        {
            _sources.Add(ModelTensors.Head, Rows(GgufNames.Head, Config.VocabularySize, width));
        }
    }

    private void AddNorm(string norm, string name)
    {
        _sources.Add(ModelTensors.Gain(norm), Vector(GgufNames.Weight(name), Config.Width));
        if (Config.Norm == NormKind.LayerNorm)
        {
            _sources.Add(ModelTensors.Bias(norm), Vector(GgufNames.Bias(name), Config.Width));
        }
    }

    private void AddHeadNorm(int layer, string norm, string name, bool halves)
    {
        IRowSource gain = Vector(GgufNames.Weight(GgufNames.InBlock(layer, name)), Config.HeadSize);
        _sources.Add(
            ModelTensors.Gain(ModelTensors.InBlock(layer, norm)),
            halves ? new ArrangedVector([gain], Config.HeadSize, RowArrangements.RotaryHalves(Config)) : gain);
    }

    /// <summary>A matrix whose rows are arranged, and its bias.</summary>
    private void AddArranged(int layer, string matrix, Arrangement arrangement, bool hasBias)
    {
        string target = ModelTensors.InBlock(layer, matrix);
        IRowSource[] weights =
            [.. arrangement.Parts.Select(part => Rows(GgufNames.Weight(GgufNames.InBlock(layer, part.Name)), part.Rows, Config.Width))];
        _sources.Add(target, new ArrangedRows(weights, arrangement.Rows, arrangement.Places));
        if (hasBias)
        {
            IRowSource[] biases =
                [.. arrangement.Parts.Select(part => Vector(GgufNames.Bias(GgufNames.InBlock(layer, part.Name)), part.Rows))];
            _sources.Add(ModelTensors.Bias(target), new ArrangedVector(biases, arrangement.Rows, arrangement.Places));
        }
    }

    /// <summary>A matrix that gives the residual's features, and its bias.</summary>
    private void AddOutput(int layer, string matrix, string name, int columns, bool hasBias)
    {
        string target = ModelTensors.InBlock(layer, matrix);
        string stored = GgufNames.InBlock(layer, name);
        IRowSource weights = Rows(GgufNames.Weight(stored), Config.Width, columns);
        bool padded = matrix == ModelTensors.AttentionOutput && Config.HeadSize != Config.HeadStride;
        _sources.Add(target, padded ? new HeadPaddedColumns(weights, Config.HeadSize, Config.HeadStride) : weights);
        if (hasBias)
        {
            _sources.Add(ModelTensors.Bias(target), Vector(GgufNames.Bias(stored), Config.Width));
        }
    }

    private GgufRows Rows(string name, int rows, int columns) => Find(name, columns, rows);

    private GgufRows Vector(string name, int length) => Find(name, length);

    private GgufRows Find(string name, params long[] shape)
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
        return new GgufRows(tensor);
    }

    /// <summary>How the rows of one or several of a block's tensors become one.</summary>
    private sealed record Arrangement((string Name, int Rows)[] Parts, int Rows, RowArrangement Places);
}
