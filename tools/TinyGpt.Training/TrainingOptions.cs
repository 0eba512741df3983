namespace TinyGpt.Training;

/// <summary>How a network is trained. Immutable and thread-safe.</summary>
public sealed record TrainingOptions
{
    /// <summary>The most <see cref="Threads"/>.</summary>
    public const int MaxThreads = 256;

    /// <summary>The most <see cref="AccumulationSteps"/>: dropout differs between this number of micro-batches of a step.</summary>
    public const int MaxAccumulationSteps = 1 << 16;

    /// <summary>The learning rate after the warm-up.</summary>
    public float LearningRate { get; init; } = 1e-3f;

    /// <summary>Where the cosine ends.</summary>
    public float MinimumLearningRate { get; init; } = 1e-4f;

    /// <summary>Steps in which the rate rises linearly to <see cref="LearningRate"/>; 0 for none.</summary>
    public int WarmupSteps { get; init; } = 100;

    /// <summary>Steps at which the cosine reaches <see cref="MinimumLearningRate"/>; it stays there. 1 or more.</summary>
    public int TotalSteps { get; init; } = 1000;

    /// <summary>AdamW's decay of the mean of gradients, in [0, 1).</summary>
    public float Beta1 { get; init; } = 0.9f;

    /// <summary>AdamW's decay of the mean of squared gradients, in [0, 1): .95 for short trainings, .999 as in the paper.</summary>
    public float Beta2 { get; init; } = 0.95f;

    /// <summary>Decoupled weight decay of matrices and embeddings; biases and norms have none. 0 or more.</summary>
    public float WeightDecay { get; init; } = 0.1f;

    /// <summary>The largest norm of all gradients together; larger ones are scaled down to it. 0 for no limit.</summary>
    public float GradientClip { get; init; } = 1f;

    /// <summary>The share of embeddings, attention weights and residual branches that is dropped, in [0, 1).</summary>
    public float Dropout { get; init; }

    /// <summary>Micro-batches that make a step: what a training loop passes to <see cref="GptTrainer.Step"/>. 1 to <see cref="MaxAccumulationSteps"/>.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Threads that compute; 1 to <see cref="MaxThreads"/>.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, MaxThreads);

    /// <summary>Decides the first weights and what is dropped.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is outside its documented range.</exception>
    internal void Validate()
    {
        if (FindProblem() is { } problem)
        {
            throw new ArgumentException($"{problem.Name} is {problem.Value}, but must be {problem.Range}.", problem.Name);
        }
    }

    /// <summary>The first value that is outside its documented range, or null.</summary>
    internal (string Name, double Value, string Range)? FindProblem()
    {
        ReadOnlySpan<(bool Holds, string Name, double Value, string Range)> rules =
        [
            (LearningRate >= 0 && float.IsFinite(LearningRate), nameof(LearningRate), LearningRate, "0 or more"),
            (MinimumLearningRate >= 0 && float.IsFinite(MinimumLearningRate), nameof(MinimumLearningRate), MinimumLearningRate, "0 or more"),
            (WarmupSteps >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more"),
            (TotalSteps >= 1, nameof(TotalSteps), TotalSteps, "1 or more"),
            (Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "in [0, 1)"),
            (Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "in [0, 1)"),
            (WeightDecay >= 0 && float.IsFinite(WeightDecay), nameof(WeightDecay), WeightDecay, "0 or more"),
            (GradientClip >= 0 && float.IsFinite(GradientClip), nameof(GradientClip), GradientClip, "0 or more"),
            (Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "in [0, 1)"),
            (AccumulationSteps is >= 1 and <= MaxAccumulationSteps, nameof(AccumulationSteps), AccumulationSteps, $"1 to {MaxAccumulationSteps}"),
            (Threads is >= 1 and <= MaxThreads, nameof(Threads), Threads, $"1 to {MaxThreads}"),
        ];
        foreach ((bool holds, string name, double value, string range) in rules)
        {
            if (!holds)
            {
                return (name, value, range);
            }
        }

        return null;
    }
}
