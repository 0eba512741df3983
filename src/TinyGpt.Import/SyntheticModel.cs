using TinyGpt.Import.Packing;
using TinyGpt.Kernels;

namespace TinyGpt.Import;

/// <summary>
/// Models of real shapes with random weights, for benchmarks and tests that need no meaning: the same shape and seed give the same bytes
/// on every machine. Thread-safe.
/// </summary>
public static class SyntheticModel
{
    private const int Gpt2Vocabulary = 50257;
    private const int Gpt2Context = 1024;

    private const int QwenVocabulary = 151936;

    /// <summary>
    /// The names of the shapes: GPT-2's four sizes, one whose weights fit into a large cache, and small models of the Llama family.
    /// </summary>
    public static IReadOnlyList<string> Shapes { get; } =
    [
        "gpt2-124m", "gpt2-355m", "gpt2-774m", "gpt2-1558m", "synth-15m",
        "smollm2-135m", "qwen2.5-0.5b", "qwen3-0.6b", "tinyllama-1.1b", "llama-3.2-1b",
    ];

    /// <summary>The configuration of a shape.</summary>
    /// <param name="shape">One of <see cref="Shapes"/>.</param>
    /// <exception cref="ArgumentException">There is no such shape.</exception>
    public static ModelConfig ConfigOf(string shape) => shape switch
    {
        "gpt2-124m" => Config(12, 12, 768, Gpt2Vocabulary, Gpt2Context),
        "gpt2-355m" => Config(24, 16, 1024, Gpt2Vocabulary, Gpt2Context),
        "gpt2-774m" => Config(36, 20, 1280, Gpt2Vocabulary, Gpt2Context),
        "gpt2-1558m" => Config(48, 25, 1600, Gpt2Vocabulary, Gpt2Context),
        "synth-15m" => Config(6, 6, 288, 32000, 512),
        "smollm2-135m" => Llama(30, 9, 3, 576, 1536, 49152, 8192, 100_000) with { EndOfTextToken = 0 },
        "qwen2.5-0.5b" => Llama(24, 14, 2, 896, 4864, QwenVocabulary, 32768, 1_000_000) with
        {
            Architecture = "qwen2",
            NormEpsilon = 1e-6f,
            QueryKeyValueBias = true,
            EndOfTextToken = 151643,
        },
        "qwen3-0.6b" => Llama(28, 16, 8, 1024, 3072, QwenVocabulary, 40960, 1_000_000) with
        {
            Architecture = "qwen3",
            NormEpsilon = 1e-6f,
            HeadSize = 128,
            Rotary = new RotaryPositions(1_000_000, 128),
            QueryKeyNorm = true,
            EndOfTextToken = 151645,
        },
        "tinyllama-1.1b" => Llama(22, 32, 4, 2048, 5632, 32000, 2048, 10_000) with { TiedHead = false, EndOfTextToken = 2 },
        "llama-3.2-1b" => Llama(16, 32, 8, 2048, 8192, 128256, 131072, 500_000) with
        {
            Rotary = new RotaryPositions(500_000, 64) { Scaling = new RotaryScaling(RotaryScalingKind.Llama3, 32) },
            EndOfTextToken = 128001,
        },
        _ => throw new ArgumentException($"There is no shape '{shape}' (there are: {string.Join(", ", Shapes)}).", nameof(shape)),
    };

    /// <summary>Writes a model to a file, without ever holding more than one tensor. Nothing is compressed: all of it can be mapped.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="output">The <c>.tgpt</c> file; replaced if it exists.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="precision">How the blocks' matrices hold their weights.</param>
    /// <param name="progress">Told after each tensor, or null.</param>
    /// <param name="cancellation">Stops; no file is left.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static PackReport Write(
        ModelConfig config,
        string output,
        ulong seed = 1,
        WeightPrecision precision = WeightPrecision.Int8,
        IProgress<PackProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using RandomTensors source = new(config, seed);
        PackOptions options = new() { Compress = false, Precision = precision };
        return Packer.WriteFile(source, output, options, progress, cancellation);
    }

    /// <summary>Makes a model in native memory and opens it there.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="precision">How the blocks' matrices hold their weights.</param>
    /// <param name="progress">Told after each tensor, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static TgptFile Open(
        ModelConfig config,
        ulong seed = 1,
        WeightPrecision precision = WeightPrecision.Int8,
        IProgress<PackProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        using RandomTensors source = new(config, seed);
        PackOptions options = new() { Precision = precision };
        return Packer.OpenInMemory(source, $"synthetic model, seed {seed}", options, progress, cancellation);
    }

    /// <summary>Makes a model that has a tokenizer, so that it speaks, if nonsense.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="vocabulary">The tokens; at most the configuration's number.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static TgptFile Open(ModelConfig config, TokenVocabulary vocabulary, ulong seed = 1, CancellationToken cancellation = default)
    {
        using RandomTensors source = new(config, seed);
        PackOptions options = new() { Tokenizer = TokenizerContent.Of(vocabulary) };
        return Packer.OpenInMemory(source, $"synthetic model, seed {seed}", options, progress: null, cancellation);
    }

    private static ModelConfig Config(int layers, int heads, int width, int vocabulary, int context) => new()
    {
        Architecture = "gpt2",
        VocabularySize = vocabulary,
        ContextLength = context,
        Width = width,
        Layers = layers,
        Heads = heads,
        FeedForwardWidth = 4 * width,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
        EndOfTextToken = vocabulary == Gpt2Vocabulary ? Gpt2Vocabulary - 1 : null,
    };

    private static ModelConfig Llama(
        int layers, int heads, int keyValueHeads, int width, int feedForward, int vocabulary, int context, float rotaryBase) => new()
        {
            Architecture = "llama",
            VocabularySize = vocabulary,
            ContextLength = context,
            Width = width,
            Layers = layers,
            Heads = heads,
            KeyValueHeads = keyValueHeads,
            Rotary = new RotaryPositions(rotaryBase, width / heads),
            FeedForwardWidth = feedForward,
            Gated = true,
            Activation = Activation.Silu,
            Norm = NormKind.RmsNorm,
            NormEpsilon = 1e-5f,
            QueryKeyValueBias = false,
            AttentionOutputBias = false,
            FeedForwardBias = false,
            TiedHead = true,
        };
}
