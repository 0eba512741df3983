using TinyGpt.Import;
using TinyGpt.Kernels;
using Xunit;

namespace TinyGpt.Tests;

/// <summary>Models for tests: real ones where they are at hand, random ones everywhere.</summary>
internal static class TestModels
{
    /// <summary>A shape whose every dimension is whole: no padding anywhere but in the vocabulary.</summary>
    public static readonly ModelConfig Even = new()
    {
        Architecture = "gpt2",
        VocabularySize = 300,
        ContextLength = 256,
        Width = 128,
        Layers = 3,
        Heads = 2,
        FeedForwardWidth = 512,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
        EndOfTextToken = 299,
    };

    /// <summary>A shape in which everything needs padding, and head groups do not divide evenly.</summary>
    public static readonly ModelConfig Odd = Even with
    {
        VocabularySize = 101,
        Width = 84,
        Layers = 2,
        Heads = 7,
        FeedForwardWidth = 172,
        Activation = Activation.GeluErf,
        TiedHead = false,
        EndOfTextToken = null,
    };

    /// <summary>
    /// Small shapes of every architecture, in which nothing divides evenly, that between them have every member of a configuration at
    /// other values than GPT-2.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, ModelConfig> Family = MakeFamily();

    /// <summary>The shapes that every promise of equal bits is tested with.</summary>
    public static IEnumerable<string> ShapeNames => ["even", "odd", .. Family.Keys];

    public static ModelConfig Shape(string name) => name == "even" ? Even : name == "odd" ? Odd : Family[name];

    public static TheoryData<KernelTier> Tiers => [.. KernelTiers.All];

    public static IEnumerable<KernelTier> SupportedTiers => KernelTiers.All.Where(KernelTiers.IsSupported);

    public static GptModel Slm4096() => new(ModelSource.LoadAny(SharedData.RequireOrSkip("models/slm4096")));

    public static GptModel NanoSort() => new(ModelSource.LoadAny(SharedData.RequireOrSkip("models/gpt-nano-sort")));

    public static GptModel Random(ModelConfig config, ulong seed = 1, WeightPrecision precision = WeightPrecision.Int8) =>
        new(RandomFile(config, seed, precision));

    public static TgptFile RandomFile(ModelConfig config, ulong seed = 1, WeightPrecision precision = WeightPrecision.Int8) =>
        SyntheticModel.Open(config, seed, precision);

    public static void SkipUnlessSupported(KernelTier tier) =>
        Assert.SkipUnless(KernelTiers.IsSupported(tier), $"this processor lacks the tier {KernelTiers.Name(tier)}");

    private static Dictionary<string, ModelConfig> MakeFamily()
    {
        ModelConfig gpt = Odd with { VocabularySize = 61, Width = 60, Heads = 5, FeedForwardWidth = 100 };
        ModelConfig llama = gpt with
        {
            Architecture = "llama",
            Heads = 4,
            KeyValueHeads = 2,
            HeadSize = 20,
            Rotary = new RotaryPositions(10000, 20),
            Gated = true,
            Activation = Activation.Silu,
            Norm = NormKind.RmsNorm,
            QueryKeyValueBias = false,
            AttentionOutputBias = false,
            FeedForwardBias = false,
        };
        RotaryScaling scaling = new(RotaryScalingKind.Llama3, 8) { OriginalContext = 64 };
        return new Dictionary<string, ModelConfig>
        {
            ["gpt1"] = gpt with { Architecture = "openai-gpt", NormPlacement = NormPlacement.After, Activation = Activation.GeluTanh, TiedHead = true },
            ["gpt-neo"] = gpt with
            {
                Architecture = "gpt_neo",
                ScoreScale = 1,
                QueryKeyValueBias = false,
                AttentionWindow = new AttentionWindow(37, 1, 2),
                Activation = Activation.GeluTanh,
            },
            ["gpt-neox"] = gpt with { Architecture = "gpt_neox", Rotary = new RotaryPositions(10000, 4), ParallelResidual = true },
            ["opt"] = gpt with { Architecture = "opt", Activation = Activation.Relu },
            ["llama"] = llama,
            ["mistral"] = llama with { Architecture = "mistral", KeyValueHeads = 1, AttentionWindow = new AttentionWindow(70) },
            ["qwen2"] = llama with { Architecture = "qwen2", QueryKeyValueBias = true, TiedHead = true, Activation = Activation.GeluTanh },
            ["qwen3"] = llama with
            {
                Architecture = "qwen3",
                QueryKeyNorm = true,
                HeadSize = 32,
                Rotary = new RotaryPositions(1e6f, 32) { Scaling = scaling },
            },
        };
    }

    /// <summary>Ids that look random and are always the same.</summary>
    public static int[] Tokens(ModelConfig config, int count, uint seed = 7)
    {
        uint state = seed;
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            state = (state * 1664525) + 1013904223;
            return (int)((state >> 8) % (uint)config.VocabularySize);
        })];
    }
}
