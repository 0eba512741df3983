namespace TinyGpt.Training;

/// <summary>Where a training is.</summary>
/// <param name="Report">The step that was just done.</param>
/// <param name="TotalSteps">How many there will be.</param>
/// <param name="MeanLoss">The mean loss of the last steps, in nats a token.</param>
/// <param name="ValidationLoss">The last validation loss, or null where none was measured.</param>
/// <param name="IsValidated">Whether it was measured after this step.</param>
/// <param name="PositionsPerSecond">The speed of the last steps, padding included.</param>
/// <param name="MultiplyAddsPerSecond">The work of the last steps: forward and backward, padding included.</param>
/// <param name="TimeLeft">What the remaining steps will take at this speed.</param>
/// <param name="IsSaved">Whether the training was saved after this step.</param>
public sealed record TrainingProgress(
    StepReport Report,
    int TotalSteps,
    double MeanLoss,
    double? ValidationLoss,
    bool IsValidated,
    double PositionsPerSecond,
    double MultiplyAddsPerSecond,
    TimeSpan TimeLeft,
    bool IsSaved)
{
    /// <summary>The last share of held-out texts whose class was found, or null without a classifier.</summary>
    public double? ValidationAccuracy { get; init; }
}
