namespace TinyGpt.Training;

/// <summary>How a network is trained. Immutable and thread-safe.</summary>
public sealed record TrainingOptions
{
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

    /// <summary>Micro-batches that make a step: what a training loop passes to <see cref="GptTrainer.Step"/>. 1 or more.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Threads that compute; 1 or more.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Decides the first weights and what is dropped.</summary>
    public ulong Seed { get; init; } = 1;
}
