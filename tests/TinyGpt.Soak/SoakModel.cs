using TinyGpt.Import;
using TinyGpt.Kernels;

namespace TinyGpt.Soak;

/// <summary>A small model with random weights and every kind of padding.</summary>
internal static class SoakModel
{
    public static GptModel Make() => new(SyntheticModel.Open(new ModelConfig
    {
        Architecture = "gpt2",
        VocabularySize = 211,
        ContextLength = 200,
        Width = 60,
        Layers = 2,
        Heads = 5,
        FeedForwardWidth = 150,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
    }));
}
