using System.Text;
using TinyGpt.Kernels;

namespace TinyGpt.Training.Tests;

/// <summary>Trainings that are small enough for a test.</summary>
internal static class TinyTraining
{
    /// <summary>A model's shape for a vocabulary.</summary>
    public static ModelConfig Shape(TokenVocabulary vocabulary, int context = 32, int width = 32, int layers = 2) => new()
    {
        Architecture = "gpt2",
        VocabularySize = vocabulary.Count,
        ContextLength = context,
        Width = width,
        Layers = layers,
        Heads = 2,
        FeedForwardWidth = 4 * width,
        NormEpsilon = 1e-5f,
        Activation = Activation.GeluTanh,
        TiedHead = true,
        EndOfTextToken = vocabulary.Count - 1,
    };

    /// <summary>Settings for the data.</summary>
    public static TrainingSettings Settings(TrainingData data, TrainingOptions options, int context = 32, int batchSize = 4) => new()
    {
        Data = "sample",
        Context = context,
        BatchSize = batchSize,
        ValidationInterval = 5,
        DataHash = data.Hash,
        Options = options,
    };

    /// <summary>A text's tokens, with the text's end for validation.</summary>
    public static TrainingData Data(string text, BytePairTokenizer tokenizer, TrainingOptions options, int context = 32)
    {
        (TextSource Training, TextSource? Validation) sources = TextSource.OfText("sample", Encoding.UTF8.GetBytes(text)).Split(0.1, seed: 1);
        return TrainingData.Tokenize(sources, tokenizer, context, options);
    }
}
