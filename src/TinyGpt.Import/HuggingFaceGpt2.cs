using System.Diagnostics.CodeAnalysis;
using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>
/// A GPT-2 checkpoint in Hugging Face's layout. Its matrices are stored as inputs × outputs and are transposed while they are packed;
/// head sizes that are no multiple of 16 are padded as <see cref="ModelTensors"/> says.
/// </summary>
internal sealed unsafe class HuggingFaceGpt2 : ITensorSource
{
    private const string ConfigName = "config.json";
    private const string Prefix = "transformer.";
    private const string HeadName = "lm_head.weight";

    private readonly SafetensorsCheckpoint _checkpoint;
    private readonly Dictionary<string, IRowSource> _sources = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unused;
    private readonly string _prefix;

    private HuggingFaceGpt2(SafetensorsCheckpoint checkpoint, ModelConfig config, TokenizerContent? tokenizer)
    {
        _checkpoint = checkpoint;
        Config = config with { EndOfTextToken = config.EndOfTextToken ?? tokenizer?.EndOfText };
        Tokenizer = tokenizer;
        _prefix = checkpoint.Tensors.ContainsKey(Prefix + "wte.weight") ? Prefix : "";
        _unused = new HashSet<string>(checkpoint.Tensors.Keys.Where(name => !IsMask(name)), StringComparer.Ordinal);
        MapTensors();
        if (_unused.Count > 0)
        {
            throw new ModelFormatException(checkpoint.File, $"tensor '{_unused.Min(StringComparer.Ordinal)}' has no place in a GPT-2 model");
        }

        SourceBytes = _sources.Values.Select(source => checkpoint.Tensors[source.Name].Bytes).Sum();
    }

    public ModelConfig Config { get; }

    public long SourceBytes { get; }

    public TokenizerContent? Tokenizer { get; }

    /// <summary>Opens a checkpoint and checks that its tensors are those of its configuration.</summary>
    /// <param name="path">A folder, or a <c>.safetensors</c> file with a <c>config.json</c> beside it.</param>
    [SuppressMessage("Reliability", "CA2000", Justification = "Owned by the result, or disposed where opening fails.")]
    public static HuggingFaceGpt2 Open(string path)
    {
        string folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        ModelConfig config = HuggingFaceConfig.Read(Path.Combine(folder, ConfigName));
        TokenizerContent? tokenizer = TokenizerFiles.Exists(folder) ? TokenizerFiles.ReadContent(folder, config.VocabularySize) : null;
        SafetensorsCheckpoint checkpoint = SafetensorsCheckpoint.Open(path);
        try
        {
            return new HuggingFaceGpt2(checkpoint, config, tokenizer);
        }
        catch
        {
            checkpoint.Dispose();
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

    public void Dispose() => _checkpoint.Dispose();

    // The causal mask, which older checkpoints store as if it were trained.
    private static bool IsMask(string name) =>
        name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    private void MapTensors()
    {
        int width = Config.Width;
        _sources.Add(ModelTensors.TokenEmbedding, Rows("wte.weight", Config.VocabularySize, width));
        _sources.Add(ModelTensors.PositionEmbedding, Rows("wpe.weight", Config.ContextLength, width));
        for (int layer = 0; layer < Config.Layers; layer++)
        {
            string block = $"h.{layer}.";
            AddNorm(ModelTensors.InBlock(layer, ModelTensors.AttentionNorm), block + "ln_1");
            AddQueryKeyValue(ModelTensors.InBlock(layer, ModelTensors.QueryKeyValue), block + "attn.c_attn");
            AddAttentionOutput(ModelTensors.InBlock(layer, ModelTensors.AttentionOutput), block + "attn.c_proj");
            AddNorm(ModelTensors.InBlock(layer, ModelTensors.FeedForwardNorm), block + "ln_2");
            AddMatrix(ModelTensors.InBlock(layer, ModelTensors.FeedForwardIn), block + "mlp.c_fc", Config.FeedForwardWidth, width);
            AddMatrix(ModelTensors.InBlock(layer, ModelTensors.FeedForwardOut), block + "mlp.c_proj", width, Config.FeedForwardWidth);
        }

        AddNorm(ModelTensors.FinalNorm, "ln_f");
        if (!Config.TiedHead)
        {
            _sources.Add(ModelTensors.Head, new StoredRows(Find(HeadName, Config.VocabularySize, width), Config.VocabularySize, width));
        }
        else if (_unused.Remove(HeadName) && !_checkpoint.Tensors[HeadName].ContentEquals(_checkpoint.Tensors[_prefix + "wte.weight"]))
        {
            throw new ModelFormatException(
                _checkpoint.File, $"config.json ties the head to the token embedding, but '{HeadName}' is another matrix");
        }
    }

    private void AddNorm(string norm, string name)
    {
        _sources.Add(ModelTensors.Gain(norm), Vector(name + ".weight", Config.Width));
        _sources.Add(ModelTensors.Bias(norm), Vector(name + ".bias", Config.Width));
    }

    private void AddMatrix(string matrix, string name, int rows, int columns)
    {
        _sources.Add(matrix, Transposed(name + ".weight", rows, columns));
        _sources.Add(ModelTensors.Bias(matrix), Vector(name + ".bias", rows));
    }

    private void AddQueryKeyValue(string matrix, string name)
    {
        IRowSource weights = Transposed(name + ".weight", 3 * Config.Width, Config.Width);
        IRowSource bias = Vector(name + ".bias", 3 * Config.Width);
        bool padded = Config.HeadSize != Config.HeadStride;
        _sources.Add(matrix, padded ? new HeadPaddedRows(weights, Config.HeadSize, Config.HeadStride) : weights);
        _sources.Add(ModelTensors.Bias(matrix), padded ? new HeadPaddedColumns(bias, Config.HeadSize, Config.HeadStride) : bias);
    }

    private void AddAttentionOutput(string matrix, string name)
    {
        IRowSource weights = Transposed(name + ".weight", Config.Width, Config.Width);
        bool padded = Config.HeadSize != Config.HeadStride;
        _sources.Add(matrix, padded ? new HeadPaddedColumns(weights, Config.HeadSize, Config.HeadStride) : weights);
        _sources.Add(ModelTensors.Bias(matrix), Vector(name + ".bias", Config.Width));
    }

    private StoredRows Rows(string name, int rows, int columns) => new(Find(_prefix + name, rows, columns), rows, columns);

    private StoredRows Vector(string name, int length) => new(Find(_prefix + name, length), 1, length);

    private TransposedRows Transposed(string name, int rows, int columns) => new(Find(_prefix + name, columns, rows), rows, columns);

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
        return tensor;
    }
}
