using TinyGpt.Training;

namespace TinyGpt.Cli;

/// <summary>What a training begins with.</summary>
/// <param name="Config">The model's shape.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="WriteTokenizer">Puts the tokenizer's files into the training's folder.</param>
internal sealed record TrainingStart(ModelConfig Config, BytePairTokenizer Tokenizer, Action<string> WriteTokenizer)
{
    /// <summary>The model that the first weights are from, or null for random ones.</summary>
    public string? From { get; init; }

    /// <summary>Gives the trainer those weights, or null.</summary>
    public Action<GptTrainer>? Load { get; init; }
}
