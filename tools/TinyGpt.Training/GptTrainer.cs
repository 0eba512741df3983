using System.Diagnostics;
using TinyGpt.Training.Network;
using TinyGpt.Training.Numerics;
using TinyGpt.Training.Optimization;

namespace TinyGpt.Training;

/// <summary>
/// Trains a GPT-2 network in float32. The same seed and batches give the same weights bit for bit, with any number of threads. Used by
/// one thread at a time; it has threads of its own.
/// </summary>
public sealed unsafe class GptTrainer : IDisposable
{
    private readonly Gpt2Network _network;
    private readonly LanguageHead _head;
    private readonly AdamW _optimizer;

    /// <summary>Makes a network with first weights as GPT-2's, decided by <see cref="TrainingOptions.Seed"/>.</summary>
    /// <param name="config">The network's shape.</param>
    /// <param name="options">How to train it.</param>
    /// <exception cref="ArgumentException">A value is outside its documented range.</exception>
    /// <exception cref="PlatformNotSupportedException">The processor has neither FMA3 nor Advanced SIMD.</exception>
    public GptTrainer(ModelConfig config, TrainingOptions options)
        : this(config, options, RowOperations.Best, MatrixMultiplier.Best)
    {
    }

    internal GptTrainer(ModelConfig config, TrainingOptions options, RowOperations operations, MatrixMultiplier multiplier)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        if (!config.TryValidate(out string problem))
        {
            throw new ArgumentException(problem, nameof(config));
        }

        options.Validate();
        Config = config;
        Options = options;
        _network = new Gpt2Network(config, options.Threads, operations, multiplier);
        _head = new LanguageHead(config, _network);
        _optimizer = new AdamW(_network.Parameters, _network.Team, operations);
        FirstWeights.Write(config, Parameters, options.Seed);
    }

    /// <summary>The network's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>How it is trained.</summary>
    public TrainingOptions Options { get; }

    /// <summary>Steps done.</summary>
    public long StepsDone { get; private set; }

    /// <summary>The tensors, in a fixed order, named as in a Hugging Face GPT-2 checkpoint without the <c>transformer.</c> prefix.</summary>
    public IReadOnlyList<NamedParameter> Parameters => _network.Parameters.Named;

    /// <summary>Computes gradients of the mean loss over all positions of all micro-batches that have a target, and moves the weights.</summary>
    /// <param name="microBatches">One or more batches, whose gradients are added up.</param>
    /// <param name="cancellationToken">Looked at between layers; weights and state are unchanged by a step that was cancelled.</param>
    /// <returns>What the step did.</returns>
    /// <exception cref="ArgumentException">There is no target, or a batch does not fit the network.</exception>
    /// <exception cref="OperationCanceledException">The step was cancelled.</exception>
    public StepReport Step(ReadOnlySpan<TrainingBatch> microBatches, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        double loss = ComputeGradients(microBatches, cancellationToken, out long tokens);
        double norm = _optimizer.GradientNorm();
        float rate = LearningRateSchedule.At(Options, StepsDone);
        float scale = Options.GradientClip > 0 && norm > Options.GradientClip ? (float)(Options.GradientClip / norm) : 1f;
        _optimizer.Step(Options, StepsDone + 1, rate, scale);
        StepsDone++;
        return new StepReport(StepsDone, loss, norm, rate, tokens, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>The mean cross-entropy in nats over the positions that have a target, without dropout.</summary>
    /// <param name="batch">The sequences.</param>
    /// <param name="counted">Positions that have a target.</param>
    /// <returns>The mean; 0 where there is no target.</returns>
    /// <exception cref="ArgumentException">The batch does not fit the network.</exception>
    public double Evaluate(TrainingBatch batch, out long counted)
    {
        Check(batch);
        counted = batch.CountTargets();
        _network.Forward(batch, NetworkDropout.None, CancellationToken.None);
        return _head.Run(batch, 0) / Math.Max(1, counted);
    }

    /// <summary>Writes weights, moments and the step, so that training from it continues bit for bit.</summary>
    /// <param name="destination">Where it is written.</param>
    public void SaveState(Stream destination) => TrainingState.Save(destination, Config, StepsDone, Parameters, _optimizer);

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    /// <param name="source">Where it is read.</param>
    /// <exception cref="InvalidDataException">It is no whole state of a network of this shape; the trainer must not be used further.</exception>
    public void LoadState(Stream source) => StepsDone = TrainingState.Load(source, Config, Parameters, _optimizer);

    /// <summary>Replaces weights, for fine-tuning; moments and the step start anew.</summary>
    /// <param name="find">From a parameter's name to its values, row-major.</param>
    /// <exception cref="InvalidDataException">A tensor has the wrong length or a number that is not finite.</exception>
    public void LoadParameters(Func<string, ReadOnlyMemory<float>> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        foreach (NamedParameter parameter in Parameters)
        {
            ReadOnlySpan<float> values = find(parameter.Name).Span;
            if (values.Length != parameter.Count)
            {
                throw new InvalidDataException(
                    $"'{parameter.Name}' has {values.Length} numbers, but {parameter.Count} are needed ({string.Join(" × ", parameter.Shape)}).");
            }

            foreach (float value in values)
            {
                if (!float.IsFinite(value))
                {
                    throw new InvalidDataException($"'{parameter.Name}' holds a number that is not finite.");
                }
            }

            values.CopyTo(parameter.Values);
        }

        _optimizer.Clear();
        StepsDone = 0;
    }

    /// <summary>Ends the threads and frees the memory.</summary>
    public void Dispose()
    {
        _head.Dispose();
        _optimizer.Dispose();
        _network.Dispose();
    }

    /// <summary>Leaves the gradients of the mean loss in the network; returns that loss.</summary>
    internal double ComputeGradients(ReadOnlySpan<TrainingBatch> microBatches, CancellationToken cancellationToken, out long tokens)
    {
        long targets = 0;
        tokens = 0;
        foreach (TrainingBatch batch in microBatches)
        {
            Check(batch);
            targets += batch.CountTargets();
            tokens += batch.Tokens.Length;
        }

        if (targets == 0)
        {
            throw new ArgumentException("No position of the micro-batches has a target: there is nothing to learn.", nameof(microBatches));
        }

        _network.Parameters.ClearGradients();
        double loss = 0;
        for (int i = 0; i < microBatches.Length; i++)
        {
            ulong key = Dropout.Mix(Options.Seed + Dropout.Mix((((ulong)StepsDone + 1) << 16) + (ulong)i));
            loss += AddGradients(microBatches[i], new NetworkDropout(Options.Dropout, key), 1f / targets, cancellationToken);
        }

        return loss / targets;
    }

    /// <summary>The gradient of a tensor, as <see cref="ComputeGradients"/> left it.</summary>
    internal Span<float> GradientOf(NamedParameter parameter) => new(_network.Parameters.GradientOf(parameter), parameter.Count);

    private double AddGradients(TrainingBatch batch, NetworkDropout dropout, float weight, CancellationToken cancellationToken)
    {
        _network.Forward(batch, dropout, cancellationToken);
        new Span<float>(_network.Activations.Gradient, batch.Tokens.Length * Config.Width).Clear();
        double loss = _head.Run(batch, weight);
        _network.Backward(batch, dropout, cancellationToken);
        return loss;
    }

    private void Check(TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Length > Config.ContextLength)
        {
            throw new ArgumentException($"Sequences of {batch.Length} positions do not fit a context of {Config.ContextLength}.", nameof(batch));
        }

        for (int i = 0; i < batch.Tokens.Length; i++)
        {
            if ((uint)batch.Tokens[i] >= (uint)Config.VocabularySize || batch.Targets[i] < TrainingBatch.NoTarget
                || batch.Targets[i] >= Config.VocabularySize)
            {
                throw new ArgumentException(
                    $"Position {i % batch.Length} of sequence {i / batch.Length} has token {batch.Tokens[i]} and target {batch.Targets[i]}; "
                    + $"the vocabulary has {Config.VocabularySize}, and -1 means no target.",
                    nameof(batch));
            }
        }
    }
}
