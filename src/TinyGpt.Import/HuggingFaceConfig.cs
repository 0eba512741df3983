using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>Reads the <c>config.json</c> of a GPT-2 checkpoint as Hugging Face's library writes it.</summary>
internal static class HuggingFaceConfig
{
    private const int Longest = 1 << 20;
    private const float DefaultEpsilon = 1e-5f;

    private static readonly JsonLimits Limits = new(Depth: 32, Tokens: 1 << 18, TextBytes: 1 << 18);

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is damaged, or asks for something that is not supported.</exception>
    public static ModelConfig Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"{path}: there is no such file, and without it the checkpoint's shape is unknown", path);
        }

        using JsonDocument document = CheckedJson.Parse(BoundedFile.Read(path, Longest), Limits, path, offset: null, out CheckedJson json);
        if (json.Has("model_type") && json.Text("model_type") != "gpt2")
        {
            throw json.Failure($"has model_type '{json.Text("model_type")}', which is not supported (supported: gpt2)");
        }

        RequireFlag(json, "scale_attn_weights", supported: true);
        RequireFlag(json, "scale_attn_by_inverse_layer_idx", supported: false);
        RequireFlag(json, "reorder_and_upcast_attn", supported: false);
        RequireFlag(json, "add_cross_attention", supported: false);
        if (json.Has("quantization_config"))
        {
            throw json.Failure("has a 'quantization_config', and quantized checkpoints are not supported");
        }

        int width = json.Int32("n_embd");
        int vocabulary = json.Int32("vocab_size");
        ModelConfig config = new()
        {
            Architecture = "gpt2",
            VocabularySize = vocabulary,
            ContextLength = json.Int32(json.Has("n_positions") ? "n_positions" : "n_ctx"),
            Width = width,
            Layers = json.Int32("n_layer"),
            Heads = json.Int32("n_head"),
            FeedForwardWidth = json.Has("n_inner") ? json.Int32("n_inner") : (int)Math.Clamp(4L * width, int.MinValue, int.MaxValue),
            NormEpsilon = json.Has("layer_norm_epsilon") ? json.Single("layer_norm_epsilon") : DefaultEpsilon,
            Activation = json.Has("activation_function") ? ReadActivation(json) : Activation.GeluTanh,
            TiedHead = !json.Has("tie_word_embeddings") || json.Boolean("tie_word_embeddings"),
            EndOfTextToken = EndOfText(json, vocabulary),
        };
        return config.TryValidate(out string problem) ? config : throw json.Failure($"is not valid: {problem}");
    }

    private static void RequireFlag(CheckedJson json, string name, bool supported)
    {
        if (json.Has(name) && json.Boolean(name) != supported)
        {
            throw json.Failure($"has '{name}': {(supported ? "false" : "true")}, which is not supported");
        }
    }

    // A small model of one's own often keeps GPT-2's default of 50256, which its vocabulary does not hold.
    private static int? EndOfText(CheckedJson json, int vocabulary) =>
        json.Has("eos_token_id") && json.Int32("eos_token_id") is int id && id < vocabulary ? id : null;

    private static Activation ReadActivation(CheckedJson json) => json.Text("activation_function") switch
    {
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "gelu" or "gelu_python" => Activation.GeluErf,
        string other => throw json.Failure(
            $"has activation_function '{other}', which is not supported (supported: gelu_new, gelu_pytorch_tanh, gelu_fast, gelu, gelu_python)"),
    };
}
