namespace TinyGpt.Training;

/// <summary>Trains a GPT-2 network in float32. Used by one thread at a time.</summary>
public sealed class GptTrainer : IDisposable
{
    /// <summary>Makes a network with first weights as GPT-2's, decided by <see cref="TrainingOptions.Seed"/>.</summary>
    /// <param name="config">The network's shape.</param>
    /// <param name="options">How to train it.</param>
    /// <exception cref="ArgumentException">A value is outside its documented range.</exception>
    public GptTrainer(ModelConfig config, TrainingOptions options)
    {
        Config = config;
        Options = options;
    }

    /// <summary>The network's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>How it is trained.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Steps done.</summary>
    public long StepsDone => throw new NotImplementedException();

    /// <summary>The tensors, in a fixed order, named as in a Hugging Face GPT-2 checkpoint without the <c>transformer.</c> prefix.</summary>
    public IReadOnlyList<NamedParameter> Parameters => throw new NotImplementedException();

    /// <summary>Computes gradients of the mean loss over all positions of all micro-batches that have a target, and moves the weights.</summary>
    /// <param name="microBatches">One or more batches, whose gradients are added up.</param>
    /// <param name="cancellationToken">Looked at between layers; weights and state are unchanged by a step that was cancelled.</param>
    /// <returns>What the step did.</returns>
    /// <exception cref="OperationCanceledException">The step was cancelled.</exception>
    public StepReport Step(ReadOnlySpan<TrainingBatch> microBatches, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>The mean cross-entropy in nats over the positions that have a target, without dropout.</summary>
    /// <param name="batch">The sequences.</param>
    /// <param name="counted">Positions that have a target.</param>
    public double Evaluate(TrainingBatch batch, out long counted) => throw new NotImplementedException();

    /// <summary>Writes weights, moments and the step, so that training from it continues bit for bit.</summary>
    /// <param name="destination">Where it is written.</param>
    public void SaveState(Stream destination) => throw new NotImplementedException();

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    /// <param name="source">Where it is read.</param>
    /// <exception cref="InvalidDataException">It is no state of a network of this shape.</exception>
    public void LoadState(Stream source) => throw new NotImplementedException();

    /// <summary>Replaces weights, for fine-tuning; moments and the step start anew.</summary>
    /// <param name="find">From a parameter's name to its values, row-major.</param>
    /// <exception cref="InvalidDataException">A tensor has the wrong length.</exception>
    public void LoadParameters(Func<string, ReadOnlyMemory<float>> find) => throw new NotImplementedException();

    /// <summary>Ends the threads and frees the memory.</summary>
    public void Dispose()
    {
    }
}
