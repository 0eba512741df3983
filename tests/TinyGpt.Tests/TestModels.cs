using TinyGpt.Format;
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

    /// <summary>A shape in which everything needs padding, and bundles of heads do not divide evenly.</summary>
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

    public static TheoryData<KernelTier> Tiers => [.. KernelTiers.All];

    public static IEnumerable<KernelTier> SupportedTiers => KernelTiers.All.Where(KernelTiers.IsSupported);

    public static GptModel Slm4096() => new(ModelSource.LoadAny(SharedData.RequireOrSkip("models/slm4096")));

    public static GptModel NanoSort() => new(ModelSource.LoadAny(SharedData.RequireOrSkip("models/gpt-nano-sort")));

    public static GptModel Random(ModelConfig config, ulong seed = 1) => new(RandomFile(config, seed));

    public static TgptFile RandomFile(ModelConfig config, ulong seed = 1) => SyntheticModel.Open(config, seed);

    public static void SkipUnlessSupported(KernelTier tier) =>
        Assert.SkipUnless(KernelTiers.IsSupported(tier), $"this processor lacks the tier {KernelTiers.Name(tier)}");

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
