using TinyGpt.Kernels;

namespace TinyGpt.Import.Gguf;

/// <summary>
/// Reads the shape of a model from the metadata of its GGUF file, whose keys begin with the name of the architecture, and from what its
/// tensors are. What would make the model another one and is not supported is refused by name.
/// </summary>
internal static class GgufConfig
{
    private const string ArchitectureKey = "general.architecture";
    private const string TypeKey = "general.type";
    private const string SplitsKey = "split.count";
    private const string EndOfTextKey = "tokenizer.ggml.eos_token_id";
    private const string Gpt2 = "gpt2";
    private const string Llama = "llama";
    private const string Qwen3 = "qwen3";

    private static readonly string[] Supported = [Gpt2, Llama, "qwen2", Qwen3];

    // Numbers that change the forward pass unless they are 0; the scales also where they are 1.
    private static readonly string[] Scales = ["logit_scale", "residual_scale", "embedding_scale"];
    private static readonly string[] Limits =
        ["attn_logit_softcapping", "final_logit_softcapping", "attention.max_alibi_bias", "attention.clamp_kqv"];

    /// <summary>Whether an architecture's checkpoints rotate channel i together with channel i + dimensions/2.</summary>
    /// <param name="architecture">A supported one.</param>
    public static bool HasRotaryHalves(string architecture) => architecture != Llama;

    /// <summary>Reads the configuration.</summary>
    /// <exception cref="TinyGpt.ModelFormatException">The metadata contradicts itself, or asks for something that is not supported.</exception>
    public static ModelConfig Read(GgufFile file)
    {
        GgufMetadata metadata = file.Metadata;
        string architecture = metadata.Text(ArchitectureKey);
        if (!Supported.Contains(architecture))
        {
            throw metadata.Failure(
                ArchitectureKey, $"is '{architecture}', which is not supported (supported: {string.Join(", ", Supported)})");
        }

        RequireWholeModel(metadata);
        string Key(string name) => $"{architecture}.{name}";
        RefuseWhatChangesTheModel(metadata, Key);

        bool isGpt2 = architecture == Gpt2;
        int width = metadata.Int32(Key("embedding_length"));
        int heads = metadata.Int32(Key("attention.head_count"));
        ModelConfig config = new()
        {
            Architecture = architecture,
            VocabularySize = Vocabulary(file),
            ContextLength = metadata.Int32(Key("context_length")),
            Width = width,
            Layers = metadata.Int32(Key("block_count")),
            Heads = heads,
            FeedForwardWidth = metadata.Int32(Key("feed_forward_length")),
            NormEpsilon = metadata.Single(Key(isGpt2 ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon")),
            Activation = isGpt2 ? Activation.GeluTanh : Activation.Silu,
            TiedHead = !(file.Tensors.ContainsKey(GgufNames.Head) && file.Tensors.ContainsKey(GgufNames.TokenEmbedding)),
            EndOfTextToken = metadata.Has(EndOfTextKey) ? metadata.Int32(EndOfTextKey) : null,
        };
        if (!isGpt2)
        {
            config = config with
            {
                KeyValueHeads = metadata.Has(Key("attention.head_count_kv")) ? metadata.Int32(Key("attention.head_count_kv")) : heads,
                Gated = true,
                Norm = NormKind.RmsNorm,
                QueryKeyNorm = architecture == Qwen3,
                QueryKeyValueBias = file.Tensors.ContainsKey(GgufNames.Bias(GgufNames.InBlock(0, GgufNames.Query))),
                AttentionOutputBias = file.Tensors.ContainsKey(GgufNames.Bias(GgufNames.InBlock(0, GgufNames.AttentionOutput))),
                FeedForwardBias = file.Tensors.ContainsKey(GgufNames.Bias(GgufNames.InBlock(0, GgufNames.FeedForwardUp))),
                ScoreScale = NonZero(metadata, Key("attention.scale")),
                AttentionWindow = Window(metadata, architecture, Key),
            };
            config = RequireValid(WithHeadSize(config, metadata, Key), file);
            config = config with { Rotary = GgufRotary.Read(file, config.HeadSize, Key) };
        }

        return RequireValid(config, file);
    }

    private static ModelConfig RequireValid(ModelConfig config, GgufFile file) => config.TryValidate(out string problem) ? config
        : throw new ModelFormatException(file.File, $"the metadata is not valid: {problem}");

    private static void RequireWholeModel(GgufMetadata metadata)
    {
        if (metadata.Has(TypeKey) && metadata.Text(TypeKey) != "model")
        {
            throw metadata.Failure(TypeKey, $"is '{metadata.Text(TypeKey)}', and only whole models are supported");
        }

        if (metadata.Has(SplitsKey) && metadata.Int32(SplitsKey) > 1)
        {
            throw metadata.Failure(SplitsKey, $"is {metadata.Int32(SplitsKey)}: models in several files are not supported; merge them first");
        }
    }

    private static void RefuseWhatChangesTheModel(GgufMetadata metadata, Func<string, string> key)
    {
        if (metadata.Has(key("expert_count")) && metadata.Int32(key("expert_count")) is var experts and not 0)
        {
            throw metadata.Failure(key("expert_count"), $"is {experts}: models with experts are not supported");
        }

        foreach (string name in Scales.Concat(Limits).Select(key).Where(metadata.Has))
        {
            float value = metadata.Single(name);
            if (value != 0 && !(value == 1 && Scales.Select(key).Contains(name)))
            {
                throw metadata.Failure(name, $"is {value}, which is not supported");
            }
        }

        RequireFlag(metadata, key("attention.causal"), supported: true);
        RequireFlag(metadata, key("use_parallel_residual"), supported: false);
    }

    private static void RequireFlag(GgufMetadata metadata, string key, bool supported)
    {
        if (metadata.Has(key) && metadata.Boolean(key) != supported)
        {
            throw metadata.Failure(key, $"is {(supported ? "false" : "true")}, which is not supported");
        }
    }

    // What a file says of its vocabulary's size differs from writer to writer; the embedding has a row for every token.
    // A file of tied weights may have them under the head's name alone.
    private static int Vocabulary(GgufFile file) => file.Tensors.TryGetValue(GgufNames.TokenEmbedding, out GgufTensor? embedding)
        || file.Tensors.TryGetValue(GgufNames.Head, out embedding)
        ? (int)Math.Min(embedding.Rows, int.MaxValue)
        : throw new ModelFormatException(file.File, $"tensor '{GgufNames.TokenEmbedding}' is missing, and without it there is no model");

    private static float? NonZero(GgufMetadata metadata, string key) =>
        metadata.Has(key) && metadata.Single(key) is var value and not 0 ? value : null;

    private static AttentionWindow? Window(GgufMetadata metadata, string architecture, Func<string, string> key)
    {
        string window = key("attention.sliding_window");
        if (!metadata.Has(window) || metadata.Int32(window) is var length && (length == 0 || length >= metadata.Int32(key("context_length"))))
        {
            return null;
        }

        // In Qwen's models some layers slide and others do not, which these keys cannot say.
        return architecture == Llama ? new AttentionWindow(length)
            : throw metadata.Failure(window, $"is {length}: a sliding window is not supported for architecture {architecture}");
    }

    private static ModelConfig WithHeadSize(ModelConfig config, GgufMetadata metadata, Func<string, string> key)
    {
        int? keys = metadata.Has(key("attention.key_length")) ? metadata.Int32(key("attention.key_length")) : null;
        int? values = metadata.Has(key("attention.value_length")) ? metadata.Int32(key("attention.value_length")) : null;
        int keySize = keys ?? config.HeadSize;
        int valueSize = values ?? config.HeadSize;
        return keys is null && values is null ? config
            : keySize == valueSize ? config with { HeadSize = keySize }
            : throw metadata.Failure(
                key(keys is null ? "attention.value_length" : "attention.key_length"),
                $"makes keys of {keySize} and values of {valueSize} channels, and only the same of both is supported");
    }
}
