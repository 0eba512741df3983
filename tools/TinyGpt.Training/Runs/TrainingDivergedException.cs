namespace TinyGpt.Training;

/// <summary>The loss is not a finite number any more, so no further step can make the network better.</summary>
public sealed class TrainingDivergedException : Exception
{
    private TrainingDivergedException(StepReport report)
        : base($"step {report.Step}: the loss is {report.Loss}; begin anew with a lower learning rate or a longer warm-up")
    {
    }

    internal static void ThrowIfNotFinite(StepReport report)
    {
        if (!double.IsFinite(report.Loss) || !double.IsFinite(report.GradientNorm))
        {
            throw new TrainingDivergedException(report);
        }
    }
}
