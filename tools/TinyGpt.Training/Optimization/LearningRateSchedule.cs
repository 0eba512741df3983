namespace TinyGpt.Training.Optimization;

/// <summary>A linear warm-up, then half a cosine (Loshchilov and Hutter, 2017, without restarts), then the minimum.</summary>
internal static class LearningRateSchedule
{
    /// <summary>The rate of a step.</summary>
    /// <param name="options">Rates and numbers of steps.</param>
    /// <param name="step">Steps done before.</param>
    public static float At(TrainingOptions options, long step)
    {
        if (step < options.WarmupSteps)
        {
            return (float)(options.LearningRate * (step + 1.0) / options.WarmupSteps);
        }

        double span = Math.Max(1, options.TotalSteps - options.WarmupSteps);
        double way = Math.Min(1, (step - options.WarmupSteps) / span);
        double height = (double)options.LearningRate - options.MinimumLearningRate;
        return (float)(options.MinimumLearningRate + (0.5 * height * (1 + Math.Cos(Math.PI * way))));
    }
}
