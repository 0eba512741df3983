using System.Text.Json;
using TinyGpt.Format;
using TinyGpt.Import.Checkpoints;
using TinyGpt.Kernels;

namespace TinyGpt.Import.HuggingFace;

/// <summary>
/// Reads the <c>config.json</c> of a checkpoint as Hugging Face's library writes it. What the engine cannot do is refused by its name;
/// members that do not change the computation are passed over.
/// </summary>
internal static class HuggingFaceConfig
{
    private const int Longest = 1 << 20;

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
        RequireFlag(json, "add_cross_attention", supported: false);
        if (json.Has("quantization_config"))
        {
            throw json.Failure("has a 'quantization_config', and quantized checkpoints are not supported");
        }

        string architecture = json.Has("model_type") ? json.Text("model_type") : "gpt2";
        ModelConfig config = architecture switch
        {
            "gpt2" => GptConfigs.ReadGpt2(json),
            "openai-gpt" => GptConfigs.ReadGpt1(json),
            "gpt_neo" => GptConfigs.ReadGptNeo(json),
            "gpt_neox" => GptConfigs.ReadGptNeoX(json),
            "opt" => GptConfigs.ReadOpt(json),
            "llama" => LlamaConfigs.ReadLlama(json),
            "mistral" => LlamaConfigs.ReadMistral(json),
            "qwen2" => LlamaConfigs.ReadQwen2(json),
            "qwen3" => LlamaConfigs.ReadQwen3(json),
            _ => throw json.Failure(
                $"has model_type '{architecture}', which is not supported (supported: {string.Join(", ", ModelConfig.Architectures)})"),
        };
        if (!config.TryValidate(out string problem))
        {
            throw json.Failure($"is not valid: {problem}");
        }

        // A small model of one's own often keeps GPT-2's default of 50256, which its vocabulary does not hold.
        int[] ends = ReadEndTokens(json);
        return ends.FirstOrDefault(end => end < 0) is var negative and < 0
            ? throw json.Failure($"is not valid: endOfTextToken {negative} is not in the vocabulary of {config.VocabularySize}")
            : EndTokens.Add(config, ends, path);
    }

    /// <summary>The tokens that <c>eos_token_id</c> names: none, one or a list.</summary>
    public static int[] ReadEndTokens(CheckedJson json)
    {
        const string Name = "eos_token_id";

        return !json.Has(Name) ? [] : json.IsArray(Name) ? json.Int32s(Name, ModelConfig.MaxEndTokens) : [json.Int32(Name)];
    }

    /// <summary>The number of layers, checked before anything is made for each of them.</summary>
    public static int Layers(CheckedJson json, string name) =>
        json.Int32(name) is >= 1 and <= ModelConfig.MostLayers and int layers ? layers
        : throw json.Failure($"is not valid: layers {json.Int32(name)} is not in 1 … {ModelConfig.MostLayers}");

    /// <summary>Refuses a flag that is there with another value.</summary>
    public static void RequireFlag(CheckedJson json, string name, bool supported)
    {
        if (json.Has(name) && json.Boolean(name) != supported)
        {
            throw json.Failure($"has '{name}': {(supported ? "false" : "true")}, which is not supported");
        }
    }

    public static bool Flag(CheckedJson json, string name, bool usual) => json.Has(name) ? json.Boolean(name) : usual;

    public static float Number(CheckedJson json, string name, float usual) => json.Has(name) ? json.Single(name) : usual;

    public static int Count(CheckedJson json, string name, int usual) => json.Has(name) ? json.Int32(name) : usual;

    /// <summary>Four times a size. A result too large for a configuration stays too large.</summary>
    public static int FourTimes(int width) => (int)Math.Clamp(4L * width, int.MinValue, int.MaxValue);

    /// <summary>The function of a member of this name.</summary>
    public static Activation ReadActivation(CheckedJson json, string name) => json.Text(name) switch
    {
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "gelu" or "gelu_python" => Activation.GeluErf,
        "relu" => Activation.Relu,
        "silu" or "swish" => Activation.Silu,
        string other => throw json.Failure(
            $"has {name} '{other}', which is not supported (supported: gelu_new, gelu_pytorch_tanh, gelu_fast, gelu, gelu_python, relu, silu, swish)"),
    };

    /// <summary>The rotary positions of members that several architectures share.</summary>
    /// <param name="json">The configuration.</param>
    /// <param name="rotaryBase">The base, unless newer members give it.</param>
    /// <param name="headSize">Features of a head.</param>
    /// <param name="share">The share of them that is rotated, unless newer members give it.</param>
    public static RotaryPositions ReadRotary(CheckedJson json, float rotaryBase, int headSize, float share = 1)
    {
        RotaryScaling? scaling = null;
        foreach (string name in new[] { "rope_scaling", "rope_parameters" })
        {
            if (json.Has(name))
            {
                CheckedJson parameters = json.Object(name);
                rotaryBase = Number(parameters, "rope_theta", rotaryBase);
                share = Number(parameters, "partial_rotary_factor", share);
                scaling ??= ReadScaling(parameters);
            }
        }

        return new RotaryPositions(rotaryBase, (int)(headSize * (double)share)) { Scaling = scaling };
    }

    /// <summary>The window that a list of kinds of layers describes; layers of windows must be evenly spaced.</summary>
    /// <param name="json">For errors.</param>
    /// <param name="isWindowed">For each layer, whether it has a window.</param>
    /// <param name="length">The window.</param>
    /// <param name="context">A window as long as this is none.</param>
    public static AttentionWindow? Window(CheckedJson json, IReadOnlyList<bool> isWindowed, int length, int context)
    {
        int[] windowed = [.. Enumerable.Range(0, isWindowed.Count).Where(layer => isWindowed[layer])];
        if (windowed.Length == 0 || length >= context)
        {
            return null;
        }

        AttentionWindow window = new(length, windowed[0], windowed.Length == 1 ? isWindowed.Count : windowed[1] - windowed[0]);
        return Enumerable.Range(0, isWindowed.Count).All(layer => window.Includes(layer) == isWindowed[layer]) ? window
            : throw json.Failure("has windows in layers that are not evenly spaced, which is not supported");
    }

    private static RotaryScaling? ReadScaling(CheckedJson json)
    {
        string kind = json.Has("rope_type") ? json.Text("rope_type") : json.Has("type") ? json.Text("type") : "default";
        return kind switch
        {
            "default" => null,
            "linear" => new RotaryScaling(RotaryScalingKind.Linear, json.Single("factor")),
            "llama3" => new RotaryScaling(RotaryScalingKind.Llama3, json.Single("factor"))
            {
                LowFrequencyFactor = json.Single("low_freq_factor"),
                HighFrequencyFactor = json.Single("high_freq_factor"),
                OriginalContext = json.Int32("original_max_position_embeddings"),
            },
            _ => throw json.Failure($"asks for rope scaling '{kind}', which is not supported (supported: default, linear, llama3)"),
        };
    }
}
