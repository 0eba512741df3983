using System.Diagnostics;
using TinyGpt.Kernels;
using TinyGpt.Training.Network;
using TinyGpt.Training.Numerics;
using TinyGpt.Training.Optimization;

namespace TinyGpt.Training;

/// <summary>
/// Trains a GPT-2 network in float32. The same seed and batches give the same weights bit for bit, with any number of threads. Used by
/// one thread at a time; it starts its own threads.
/// </summary>
public sealed unsafe class GptTrainer : IDisposable
{
    private readonly Gpt2Network _network;
    private readonly LanguageHead _head;
    private readonly ClassifierHead? _classifierHead;
    private readonly AdamW _optimizer;

    /// <summary>Makes a network with first weights as GPT-2's, decided by <see cref="TrainingOptions.Seed"/>.</summary>
    /// <param name="config">The network's shape.</param>
    /// <param name="options">How to train it.</param>
    /// <param name="classifier">The classes that a head on the last token tells apart, or null for none.</param>
    /// <exception cref="ArgumentException">A value is outside its documented range.</exception>
    /// <exception cref="PlatformNotSupportedException">The processor has neither FMA3 nor Advanced SIMD.</exception>
    public GptTrainer(ModelConfig config, TrainingOptions options, ClassifierOptions? classifier = null)
        : this(config, options, classifier, RowOperations.Best, MatrixMultiplier.Best)
    {
    }

    internal GptTrainer(
        ModelConfig config, TrainingOptions options, ClassifierOptions? classifier, RowOperations operations, MatrixMultiplier multiplier)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(options);
        if (!config.TryValidate(out string problem))
        {
            throw new ArgumentException(problem, nameof(config));
        }

        if (!CanTrain(config, out problem))
        {
            throw new ArgumentException(problem, nameof(config));
        }

        options.Validate();
        classifier?.Validate();
        Config = config;
        Options = options;
        Classifier = classifier;
        _network = new Gpt2Network(config, classifier?.Classes ?? 0, options.Threads, operations, multiplier);
        _head = new LanguageHead(config, _network);
        _classifierHead = classifier is null ? null : new ClassifierHead(config, _network, classifier.Classes);
        _optimizer = new AdamW(_network.Parameters, _network.Team, operations);
        FirstWeights.Write(config, Parameters, options.Seed);
    }

    /// <summary>The architecture's name in the checkpoints that training writes.</summary>
    internal const string Architecture = "gpt2";

    /// <summary>The network's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>How it is trained.</summary>
    public TrainingOptions Options { get; }

    /// <summary>The classes that are told apart, or null.</summary>
    public ClassifierOptions? Classifier { get; }

    /// <summary>Steps done.</summary>
    public long StepsDone { get; private set; }

    /// <summary>The tensors, in a fixed order, named as in a Hugging Face GPT-2 checkpoint without the <c>transformer.</c> prefix.</summary>
    public IReadOnlyList<NamedParameter> Parameters => _network.Parameters.Named;

    /// <summary>Whether a network of a shape can be trained.</summary>
    /// <param name="config">The shape.</param>
    /// <param name="problem">What speaks against it, or empty.</param>
    public static bool CanTrain(ModelConfig config, out string problem)
    {
        ArgumentNullException.ThrowIfNull(config);
        problem = IsGpt2(config) ? "" : $"models of GPT-2's shape can be trained, and this one ('{config.Architecture}') has another";
        return problem.Length == 0;
    }

    /// <summary>
    /// Computes gradients of the mean loss over all positions of all micro-batches that have a target, and moves the weights. With a
    /// classifier the loss is the mean over all sequences that have a label, plus that of the language times its weight.
    /// </summary>
    /// <param name="microBatches">One or more batches, whose gradients are added up.</param>
    /// <param name="cancellationToken">Looked at between layers; weights and state are unchanged by a step that was cancelled.</param>
    /// <returns>What the step did.</returns>
    /// <exception cref="ArgumentException">There is no target, or a batch does not fit the network.</exception>
    /// <exception cref="OperationCanceledException">The step was cancelled.</exception>
    /// <exception cref="TrainingDivergedException">Gradients are not finite; the weights are unchanged.</exception>
    public StepReport Step(ReadOnlySpan<TrainingBatch> microBatches, CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        double loss = ComputeGradients(microBatches, cancellationToken, out long tokens, out ClassReport classes);
        double norm = _optimizer.GradientNorm();
        if (!double.IsFinite(norm))
        {
            throw new TrainingDivergedException(
                $"Step {StepsDone + 1} has gradients that are not finite (loss {loss}). Go back to an earlier state and lower the learning rate "
                + "or lengthen the warm-up.");
        }

        float rate = LearningRateSchedule.At(Options, StepsDone);
        float scale = Options.GradientClip > 0 && norm > Options.GradientClip ? (float)(Options.GradientClip / norm) : 1f;
        _optimizer.Step(Options, StepsDone + 1, rate, scale);
        StepsDone++;
        return new StepReport(StepsDone, loss, norm, rate, tokens, Stopwatch.GetElapsedTime(start)) { Classes = classes };
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

    /// <summary>How well the classifier head tells the sequences of a batch apart, without dropout.</summary>
    /// <param name="batch">The sequences, with <see cref="TrainingBatch.Classes"/>.</param>
    /// <param name="predicted">The likeliest class of each sequence, written.</param>
    /// <exception cref="ArgumentException">The batch does not fit the network or has no classes, or the span is too short.</exception>
    /// <exception cref="InvalidOperationException">There is no classifier head.</exception>
    public ClassReport EvaluateClasses(TrainingBatch batch, Span<int> predicted)
    {
        Check(batch);
        if (_classifierHead is null)
        {
            throw new InvalidOperationException("This trainer was made without a classifier.");
        }

        if (batch.Classes is null || predicted.Length < batch.Sequences)
        {
            throw new ArgumentException("The batch has no classes, or there is no room for a class of each sequence.", nameof(batch));
        }

        _network.Forward(batch, NetworkDropout.None, CancellationToken.None);
        return Report(_classifierHead.Run(batch, batch.Classes, 0, predicted), batch.Classes, predicted);
    }

    /// <summary>Writes weights, moments and the step, so that training from it continues bit for bit.</summary>
    /// <param name="destination">Where it is written.</param>
    public void SaveState(Stream destination) => TrainingState.Save(destination, Config, StepsDone, Parameters, _optimizer);

    /// <summary>Reads what <see cref="SaveState"/> wrote.</summary>
    /// <param name="source">Where it is read.</param>
    /// <exception cref="InvalidDataException">It is no whole state of a network of this shape; the trainer must not be used further.</exception>
    public void LoadState(Stream source) => StepsDone = TrainingState.Load(source, Config, Parameters, _optimizer);

    /// <summary>Replaces weights, for fine-tuning; moments and the step start anew.</summary>
    /// <param name="find">From a parameter's name to its values, row-major; nothing for <c>score.weight</c> leaves that as it is.</param>
    /// <exception cref="InvalidDataException">A tensor has the wrong length or a number that is not finite.</exception>
    public void LoadParameters(Func<string, ReadOnlyMemory<float>> find)
    {
        ArgumentNullException.ThrowIfNull(find);
        foreach (NamedParameter parameter in Parameters)
        {
            ReadOnlySpan<float> values = find(parameter.Name).Span;
            if (values.IsEmpty && parameter.Name == ParameterSet.ScoreName)
            {
                continue;
            }

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
        _classifierHead?.Dispose();
        _optimizer.Dispose();
        _network.Dispose();
    }

    /// <summary>Leaves the gradients of the loss in the network; returns the mean language loss.</summary>
    internal double ComputeGradients(
        ReadOnlySpan<TrainingBatch> microBatches, CancellationToken cancellationToken, out long tokens, out ClassReport classes)
    {
        long targets = 0;
        int labels = 0;
        tokens = 0;
        foreach (TrainingBatch batch in microBatches)
        {
            Check(batch);
            targets += batch.CountTargets();
            labels += _classifierHead is null ? 0 : batch.Classes?.CountLabels() ?? 0;
            tokens += batch.Tokens.Length;
        }

        if (targets == 0 && labels == 0)
        {
            throw new ArgumentException("No position of the micro-batches has a target: there is nothing to learn.", nameof(microBatches));
        }

        _network.Parameters.ClearGradients();
        float languageWeight = (Classifier?.LanguageWeight ?? 1f) / Math.Max(1, targets);
        float classWeight = 1f / Math.Max(1, labels);
        double loss = 0;
        classes = default;
        for (int i = 0; i < microBatches.Length; i++)
        {
            ulong key = Dropout.Mix(Options.Seed + Dropout.Mix((((ulong)StepsDone + 1) << 16) + (ulong)i));
            NetworkDropout dropout = new(Options.Dropout, key);
            loss += AddGradients(microBatches[i], dropout, languageWeight, classWeight, cancellationToken, out ClassReport part);
            classes = new ClassReport(
                classes.Loss + (part.Loss * part.Labels / Math.Max(1, labels)), classes.Correct + part.Correct, classes.Labels + part.Labels);
        }

        return loss / Math.Max(1, targets);
    }

    /// <summary>The gradient of a tensor, as <see cref="ComputeGradients"/> left it.</summary>
    internal Span<float> GradientOf(NamedParameter parameter) => new(_network.Parameters.GradientOf(parameter), parameter.Count);

    private double AddGradients(
        TrainingBatch batch, NetworkDropout dropout, float languageWeight, float classWeight, CancellationToken cancellationToken,
        out ClassReport classes)
    {
        _network.Forward(batch, dropout, cancellationToken);
        new Span<float>(_network.Activations.Gradient, batch.Tokens.Length * Config.Width).Clear();
        double loss = _head.Run(batch, languageWeight);
        classes = default;
        if (_classifierHead is not null && batch.Classes is not null)
        {
            int[] predicted = new int[batch.Sequences];
            classes = Report(_classifierHead.Run(batch, batch.Classes, classWeight, predicted), batch.Classes, predicted);
        }

        _network.Backward(batch, dropout, cancellationToken);
        return loss;
    }

    private static bool IsGpt2(ModelConfig config) =>
        config is { Norm: NormKind.LayerNorm, NormPlacement: NormPlacement.Before, Rotary: null, AttentionWindow: null, ScoreScale: null }
            and { Gated: false, ParallelResidual: false, QueryKeyNorm: false, Activation: Activation.GeluTanh or Activation.GeluErf }
            and { QueryKeyValueBias: true, AttentionOutputBias: true, FeedForwardBias: true }
        && config.KeyValueHeads == config.Heads
        && config.HeadSize * config.Heads == config.Width;

    private static ClassReport Report(double loss, ClassTargets classes, ReadOnlySpan<int> predicted)
    {
        int correct = 0;
        for (int i = 0; i < classes.Labels.Length; i++)
        {
            correct += classes.Labels[i] >= 0 && classes.Labels[i] == predicted[i] ? 1 : 0;
        }

        int labels = classes.CountLabels();
        return new ClassReport(loss / Math.Max(1, labels), correct, labels);
    }

    private void CheckClasses(TrainingBatch batch, ClassTargets classes)
    {
        int count = Classifier?.Classes ?? 0;
        bool fits = classes.Labels.Length == batch.Sequences && classes.LastPositions.Length == batch.Sequences
            && classes.Labels.All(label => label >= TrainingBatch.NoTarget && label < count)
            && classes.LastPositions.All(position => (uint)position < (uint)batch.Length);
        if (!fits)
        {
            throw new ArgumentException(
                $"The class targets do not fit {batch.Sequences} sequences of {batch.Length} positions and {count} classes.", nameof(batch));
        }
    }

    private void Check(TrainingBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Length > Config.ContextLength)
        {
            throw new ArgumentException($"Sequences of {batch.Length} positions do not fit a context of {Config.ContextLength}.", nameof(batch));
        }

        if (batch.Classes is { } classes)
        {
            CheckClasses(batch, classes);
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
