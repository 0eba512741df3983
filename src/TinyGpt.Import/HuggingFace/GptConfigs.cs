using TinyGpt.Format;
using TinyGpt.Kernels;
using static TinyGpt.Import.HuggingFace.HuggingFaceConfig;

namespace TinyGpt.Import.HuggingFace;

/// <summary>Configurations of the GPTs and their relatives with layer norms.</summary>
internal static class GptConfigs
{
    private const float DefaultEpsilon = 1e-5f;
    private const float DefaultRotaryBase = 10000;

    public static ModelConfig ReadGpt2(CheckedJson json)
    {
        RequireFlag(json, "scale_attn_weights", supported: true);
        RequireFlag(json, "scale_attn_by_inverse_layer_idx", supported: false);
        RequireFlag(json, "reorder_and_upcast_attn", supported: false);
        int width = json.Int32("n_embd");
        return new ModelConfig
        {
            Architecture = "gpt2",
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = json.Int32(json.Has("n_positions") ? "n_positions" : "n_ctx"),
            Width = width,
            Layers = Layers(json, "n_layer"),
            Heads = json.Int32("n_head"),
            FeedForwardWidth = Count(json, "n_inner", FourTimes(width)),
            NormEpsilon = Number(json, "layer_norm_epsilon", DefaultEpsilon),
            Activation = json.Has("activation_function") ? ReadActivation(json, "activation_function") : Activation.GeluTanh,
            TiedHead = Flag(json, "tie_word_embeddings", usual: true),
        };
    }

    /// <summary>GPT-1, whose <c>gelu</c> is what later came to be called <c>gelu_new</c>.</summary>
    public static ModelConfig ReadGpt1(CheckedJson json)
    {
        int width = json.Int32("n_embd");
        return new ModelConfig
        {
            Architecture = "openai-gpt",
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = json.Int32(json.Has("n_positions") ? "n_positions" : "n_ctx"),
            Width = width,
            Layers = Layers(json, "n_layer"),
            Heads = json.Int32("n_head"),
            FeedForwardWidth = FourTimes(width),
            NormEpsilon = Number(json, "layer_norm_epsilon", DefaultEpsilon),
            NormPlacement = NormPlacement.After,
            Activation = !json.Has("afn") || json.Text("afn") == "gelu" ? Activation.GeluTanh : ReadActivation(json, "afn"),
            TiedHead = Flag(json, "tie_word_embeddings", usual: true),
        };
    }

    public static ModelConfig ReadGptNeo(CheckedJson json)
    {
        int width = json.Int32("hidden_size");
        int context = json.Int32("max_position_embeddings");
        int layers = Layers(json, "num_layers");
        return new ModelConfig
        {
            Architecture = "gpt_neo",
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = context,
            Width = width,
            Layers = layers,
            Heads = json.Int32("num_heads"),
            ScoreScale = 1,
            AttentionWindow = Window(json, LocalLayers(json, layers), Count(json, "window_size", 256), context),
            FeedForwardWidth = Count(json, "intermediate_size", FourTimes(width)),
            NormEpsilon = Number(json, "layer_norm_epsilon", DefaultEpsilon),
            QueryKeyValueBias = false,
            Activation = ReadActivation(json, "activation_function"),
            TiedHead = Flag(json, "tie_word_embeddings", usual: true),
        };
    }

    public static ModelConfig ReadGptNeoX(CheckedJson json)
    {
        int width = json.Int32("hidden_size");
        int heads = json.Int32("num_attention_heads");
        bool attentionBias = Flag(json, "attention_bias", usual: true);
        return new ModelConfig
        {
            Architecture = "gpt_neox",
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = json.Int32("max_position_embeddings"),
            Width = width,
            Layers = Layers(json, "num_hidden_layers"),
            Heads = heads,
            Rotary = ReadRotary(
                json, Number(json, "rotary_emb_base", DefaultRotaryBase), heads < 1 ? 0 : width / heads, Number(json, "rotary_pct", 0.25f)),
            FeedForwardWidth = json.Int32("intermediate_size"),
            NormEpsilon = Number(json, "layer_norm_eps", DefaultEpsilon),
            ParallelResidual = Flag(json, "use_parallel_residual", usual: true),
            QueryKeyValueBias = attentionBias,
            AttentionOutputBias = attentionBias,
            Activation = ReadActivation(json, "hidden_act"),
            TiedHead = Flag(json, "tie_word_embeddings", usual: false),
        };
    }

    public static ModelConfig ReadOpt(CheckedJson json)
    {
        RequireFlag(json, "_remove_final_layer_norm", supported: false);
        RequireFlag(json, "layer_norm_elementwise_affine", supported: true);
        int width = json.Int32("hidden_size");
        if (Count(json, "word_embed_proj_dim", width) != width)
        {
            throw json.Failure("has a 'word_embed_proj_dim' other than 'hidden_size', which is not supported");
        }

        bool biases = Flag(json, "enable_bias", usual: true);
        return new ModelConfig
        {
            Architecture = "opt",
            VocabularySize = json.Int32("vocab_size"),
            ContextLength = json.Int32("max_position_embeddings"),
            Width = width,
            Layers = Layers(json, "num_hidden_layers"),
            Heads = json.Int32("num_attention_heads"),
            FeedForwardWidth = json.Int32("ffn_dim"),
            NormEpsilon = DefaultEpsilon,
            NormPlacement = Flag(json, "do_layer_norm_before", usual: true) ? NormPlacement.Before : NormPlacement.After,
            QueryKeyValueBias = biases,
            AttentionOutputBias = biases,
            FeedForwardBias = biases,
            Activation = json.Has("activation_function") ? ReadActivation(json, "activation_function") : Activation.Relu,
            TiedHead = Flag(json, "tie_word_embeddings", usual: true),
        };
    }

    /// <summary>
    /// Which layers attend to a window: <c>attention_layers</c> names each layer's kind; <c>attention_types</c> lists pairs of kinds and
    /// how often they are repeated. GPT-3 and GPT-Neo alternate.
    /// </summary>
    private static List<bool> LocalLayers(CheckedJson json, int layers)
    {
        List<string> kinds = [];
        if (json.Has("attention_layers"))
        {
            kinds.AddRange(json.Texts("attention_layers", ModelConfig.MostLayers));
        }
        else
        {
            foreach ((string[] repeated, int times) in json.RepeatedTexts("attention_types", ModelConfig.MostLayers))
            {
                if ((long)times * repeated.Length > layers - kinds.Count)
                {
                    throw json.Failure($"has more kinds of attention than its {layers} layers");
                }

                for (int i = 0; i < times; i++)
                {
                    kinds.AddRange(repeated);
                }
            }
        }

        return kinds.Find(kind => kind is not ("global" or "local")) is { } other
                ? throw json.Failure($"asks for attention '{other}', which is not supported (supported: global, local)")
            : kinds.Count != layers ? throw json.Failure($"has {kinds.Count} kinds of attention for {layers} layers")
            : kinds.ConvertAll(kind => kind == "local");
    }
}
