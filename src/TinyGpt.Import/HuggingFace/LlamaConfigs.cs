using TinyGpt.Format;
using static TinyGpt.Import.HuggingFace.HuggingFaceConfig;

namespace TinyGpt.Import.HuggingFace;

/// <summary>Configurations of the Llama family: RMS norm, rotary positions, grouped heads, gates.</summary>
internal static class LlamaConfigs
{
    private const float DefaultEpsilon = 1e-6f;
    private const float DefaultRotaryBase = 10000;

    public static ModelConfig ReadLlama(CheckedJson json)
    {
        bool attentionBias = Flag(json, "attention_bias", usual: false);
        return Read(json, "llama") with
        {
            QueryKeyValueBias = attentionBias,
            AttentionOutputBias = attentionBias,
            FeedForwardBias = Flag(json, "mlp_bias", usual: false),
        };
    }

    public static ModelConfig ReadMistral(CheckedJson json)
    {
        ModelConfig config = Read(json, "mistral");
        bool[] isWindowed = new bool[config.Layers];
        Array.Fill(isWindowed, json.Has("sliding_window"));
        return config with { AttentionWindow = Window(json, isWindowed, Count(json, "sliding_window", 0), config.ContextLength) };
    }

    public static ModelConfig ReadQwen2(CheckedJson json) => WithQwenWindow(json, Read(json, "qwen2") with { QueryKeyValueBias = true });

    public static ModelConfig ReadQwen3(CheckedJson json)
    {
        bool attentionBias = Flag(json, "attention_bias", usual: false);
        return WithQwenWindow(json, Read(json, "qwen3") with
        {
            QueryKeyNorm = true,
            QueryKeyValueBias = attentionBias,
            AttentionOutputBias = attentionBias,
        });
    }

    private static ModelConfig Read(CheckedJson json, string architecture)
    {
        int width = json.Int32("hidden_size");
        int heads = json.Int32("num_attention_heads");
        int headSize = Count(json, "head_dim", heads < 1 ? 0 : width / heads);
        if (Number(json, "partial_rotary_factor", 1) != 1)
        {
            throw json.Failure("has a 'partial_rotary_factor', which is not supported in this architecture");
        }

        return new ModelConfig
        {
            Architecture = architecture,
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = json.Int32("max_position_embeddings"),
            Width = width,
            Layers = Layers(json, "num_hidden_layers"),
            Heads = heads,
            KeyValueHeads = Count(json, "num_key_value_heads", heads),
            HeadSize = headSize,
            Rotary = ReadRotary(json, Number(json, "rope_theta", DefaultRotaryBase), headSize),
            FeedForwardWidth = json.Int32("intermediate_size"),
            Gated = true,
            Norm = NormKind.RmsNorm,
            NormEpsilon = Number(json, "rms_norm_eps", DefaultEpsilon),
            QueryKeyValueBias = false,
            AttentionOutputBias = false,
            FeedForwardBias = false,
            Activation = ReadActivation(json, "hidden_act"),
            TiedHead = Flag(json, "tie_word_embeddings", usual: false),
        };
    }

    /// <summary>Layers from <c>max_window_layers</c> on have a window where one is asked for, unless <c>layer_types</c> says which.</summary>
    private static ModelConfig WithQwenWindow(CheckedJson json, ModelConfig config)
    {
        if (!Flag(json, "use_sliding_window", usual: false) || !json.Has("sliding_window"))
        {
            return config;
        }

        int first = Count(json, "max_window_layers", 0);
        bool[] isWindowed = json.Has("layer_types")
            ? [.. json.Texts("layer_types", ModelConfig.MostLayers).Select(kind => kind == "sliding_attention")]
            : [.. Enumerable.Range(0, config.Layers).Select(layer => layer >= first)];
        return config with { AttentionWindow = Window(json, isWindowed, json.Int32("sliding_window"), config.ContextLength) };
    }
}
