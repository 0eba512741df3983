using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Text;

namespace TinyGpt.Import;

/// <summary>
/// Models of real shapes with random weights, for benchmarks and tests that need no meaning: the same shape and seed give the same bytes
/// on every machine. Thread-safe.
/// </summary>
public static class SyntheticModel
{
    private const int Gpt2Vocabulary = 50257;
    private const int Gpt2Context = 1024;

    /// <summary>The names of the shapes: GPT-2's four sizes, and one whose weights fit into a large cache.</summary>
    public static IReadOnlyList<string> Shapes { get; } = ["gpt2-124m", "gpt2-355m", "gpt2-774m", "gpt2-1558m", "synth-15m"];

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
        _ => throw new ArgumentException($"There is no shape '{shape}' (there are: {string.Join(", ", Shapes)}).", nameof(shape)),
    };

    /// <summary>Writes a model to a file, without ever holding more than one tensor. Nothing is compressed: all of it can be mapped.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="output">The <c>.tgpt</c> file; replaced if it exists.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="progress">Told after each tensor, or null.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static PackReport Write(
        ModelConfig config, string output, ulong seed = 1, IProgress<PackProgress>? progress = null, CancellationToken cancellation = default)
    {
        using RandomTensors source = new(config, seed);
        return Packer.WriteFile(source, output, new PackOptions { Compress = false }, progress, cancellation);
    }

    /// <summary>Makes a model in native memory and opens it there.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="progress">Told after each tensor, or null.</param>
    /// <param name="cancellation">Stops early.</param>
    /// <exception cref="ArgumentException">The configuration is not valid.</exception>
    public static TgptFile Open(
        ModelConfig config, ulong seed = 1, IProgress<PackProgress>? progress = null, CancellationToken cancellation = default)
    {
        using RandomTensors source = new(config, seed);
        return Packer.OpenInMemory(source, $"synthetic model, seed {seed}", new PackOptions(), progress, cancellation);
    }

    /// <summary>Makes a model that has a tokenizer, so that it speaks, if nonsense.</summary>
    /// <param name="config">Any valid configuration.</param>
    /// <param name="vocabulary">The tokens; at most as many as the configuration has.</param>
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
        Activation = GeluForm.Tanh,
        TiedHead = true,
        EndOfTextToken = vocabulary == Gpt2Vocabulary ? Gpt2Vocabulary - 1 : null,
    };
}
