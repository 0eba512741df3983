namespace TinyGpt.Training;

/// <summary>What one step of training did.</summary>
/// <param name="Step">Steps done, this one included.</param>
/// <param name="Loss">The mean cross-entropy in nats over the positions that have a target, before the step; 0 where there is none.</param>
/// <param name="GradientNorm">The norm of all gradients before clipping.</param>
/// <param name="LearningRate">The rate that was used.</param>
/// <param name="Tokens">Positions that were computed, those without a target included.</param>
/// <param name="Elapsed">How long it took.</param>
public readonly record struct StepReport(
    long Step, double Loss, double GradientNorm, float LearningRate, long Tokens, TimeSpan Elapsed)
{
    /// <summary>How the classifier head did; nothing without one.</summary>
    public ClassReport Classes { get; init; }
}
