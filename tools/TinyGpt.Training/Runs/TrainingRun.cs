using System.Diagnostics;
using TinyGpt.Format;
using TinyGpt.Training.Optimization;

namespace TinyGpt.Training;

/// <summary>
/// A training with its folder: steps, the validation loss, checkpoints and the curve. What is in the folder is replaced by renaming only,
/// so it is whole whenever the process ends. Used by one thread at a time.
/// </summary>
public sealed class TrainingRun : IDisposable
{
    private const string CheckpointName = "checkpoint.bin";
    private const string ModelName = "model.safetensors";
    private const string HistoryName = "losses.csv";
    private const string ChartName = "losses.svg";
    private const int SmoothedSteps = 50;
    private const int MostValidationBatches = 16;

    private readonly string _folder;
    private readonly TrainingSettings _settings;
    private readonly TrainingData _data;
    private readonly GptTrainer _trainer;
    private readonly Queue<(double Seconds, long Positions, long Work)> _recent = new(); // steps
    private LossHistory _history = new();

    private TrainingRun(string folder, TrainingSettings settings, ModelConfig config, TrainingData data)
    {
        _folder = folder;
        _settings = settings;
        _data = data;
        TrainingMemory.Require(
            Path.Combine(folder, TrainingSettings.FileName), config, settings.Options, settings.Classifier?.Classes ?? 0, settings.BatchSize, settings.Context);
        _trainer = new GptTrainer(config, settings.Options, settings.Classifier);
    }

    /// <summary>The losses so far.</summary>
    public LossHistory History => _history;

    /// <summary>Steps done, those before a resumption included.</summary>
    public long StepsDone => _trainer.StepsDone;

    /// <summary>
    /// Whether a folder holds a training that was saved, or a model, which a new training would replace. Settings alone are those of a training
    /// that ended before it was first saved: nothing is lost with them.
    /// </summary>
    /// <param name="folder">The folder, which need not exist.</param>
    public static bool IsTaken(string folder) => Has(folder, CheckpointName) || Has(folder, ModelName);

    /// <summary>Whether a folder holds a training that can go on.</summary>
    /// <param name="folder">The folder, which need not exist.</param>
    public static bool CanResume(string folder) => Has(folder, CheckpointName) && Has(folder, TrainingSettings.FileName);

    /// <summary>Refuses a folder without a training that can go on, and says what can be done instead.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="TrainingDataException">A part of the training is missing.</exception>
    public static void RequireResumable(string folder)
    {
        if (CanResume(folder))
        {
            return;
        }

        string missing = Path.Combine(folder, Has(folder, TrainingSettings.FileName) ? CheckpointName : TrainingSettings.FileName);
        throw new TrainingDataException(missing, "there is no such file, so there is no training to go on with; "
            + (Has(folder, ModelName)
                ? $"'finetune --from {folder}' goes on from the folder's model, in another folder"
                : "leave --resume out to begin one"));
    }

    /// <summary>Begins a training, and writes its settings and its first state.</summary>
    /// <param name="folder">An existing folder, with the tokenizer's files in it.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="data">What is learned.</param>
    /// <param name="load">Replaces the first weights, or null for random ones.</param>
    public static TrainingRun Begin(
        string folder, TrainingSettings settings, ModelConfig config, TrainingData data, Action<GptTrainer>? load = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(data);
        TrainingRun run = new(folder, settings, config, data);
        try
        {
            load?.Invoke(run._trainer);

            // Before the first checkpoint all that it is resumed with.
            HuggingFaceFolder.WriteConfig(folder, config, settings.Options.Dropout, data.Training.Labels);
            settings.Write(folder);
            run.Save();
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with a training where it was last saved; its weights will be those that it would have had without a stop.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="settings">Its settings, as <see cref="TrainingSettings.Read"/> gives them.</param>
    /// <param name="config">The model's shape, as the folder has it.</param>
    /// <param name="data">What is learned.</param>
    /// <exception cref="TrainingDataException">The checkpoint is missing or damaged, or the data are not the same.</exception>
    public static TrainingRun Resume(string folder, TrainingSettings settings, ModelConfig config, TrainingData data)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(data);
        string checkpoint = Path.Combine(folder, CheckpointName);
        if (data.Hash != settings.DataHash)
        {
            throw new TrainingDataException(
                settings.Data, $"not the data that the training in {folder} began with; bring them back, or begin a new one");
        }

        RequireResumable(folder);
        RequireFit(folder, settings, config, data);
        TrainingRun? run = null;
        try
        {
            using FileStream state = File.OpenRead(checkpoint);
            TrainingState.Require(state, config, settings.Classifier?.Classes ?? 0);
            run = new TrainingRun(folder, settings, config, data);
            run._trainer.LoadState(state);
            if (run.StepsDone > settings.Options.TotalSteps)
            {
                throw new InvalidDataException($"It is at step {run.StepsDone} of {settings.Options.TotalSteps}.");
            }

            run._history = LossHistory.Read(Path.Combine(folder, HistoryName), run._trainer.StepsDone);
            return run;
        }
        catch (Exception exception) when (exception is InvalidDataException or EndOfStreamException)
        {
            run?.Dispose();
            throw new TrainingDataException(checkpoint, $"the checkpoint is damaged: {exception.Message}");
        }
        catch
        {
            run?.Dispose();
            throw;
        }
    }

    /// <summary>Trains to the end, or until it is cancelled; saves in either case.</summary>
    /// <param name="saveInterval">The time between two checkpoints.</param>
    /// <param name="progress">Told after every step, or null.</param>
    /// <param name="cancellation">Stops the training.</param>
    /// <returns>Whether all steps are done.</returns>
    /// <exception cref="TrainingDivergedException">The loss is not a number any more. The last checkpoint stays.</exception>
    public bool Run(TimeSpan saveInterval, IProgress<TrainingProgress>? progress = null, CancellationToken cancellation = default)
    {
        Stopwatch sinceSaved = Stopwatch.StartNew();
        TrainingBatch[] batches = new TrainingBatch[_settings.Options.AccumulationSteps];
        try
        {
            if (_history.Rows.Count == 0 && _data.Validation is not null)
            {
                _history.Add(new LossRow(0, Loss: null, ValidationLoss: null, LearningRate: 0, GradientNorm: 0, Positions: 0, Seconds: 0));
                Validate(isLast: false);
            }

            while (_trainer.StepsDone < _settings.Options.TotalSteps)
            {
                cancellation.ThrowIfCancellationRequested();
                FillBatches(batches);
                StepReport report = _trainer.Step(batches, cancellation);
                double loss = Total(report.Loss, report.Classes.Loss);
                _history.Add(new LossRow(
                    report.Step,
                    loss,
                    ValidationLoss: null,
                    report.LearningRate,
                    report.GradientNorm,
                    report.Tokens,
                    report.Elapsed.TotalSeconds));
                bool isLast = report.Step >= _settings.Options.TotalSteps;
                bool isValidated = _data.Validation is not null && (isLast || report.Step % _settings.ValidationInterval == 0);
                if (isValidated)
                {
                    Validate(isLast);
                }

                bool isSaved = isLast || sinceSaved.Elapsed >= saveInterval;
                if (isSaved)
                {
                    Save();
                    sinceSaved.Restart();
                }

                progress?.Report(Progress(report, batches, isValidated, isSaved));
            }

            return true;
        }
        catch (OperationCanceledException)
        {
            Save();
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _trainer.Dispose();

    private static bool Has(string folder, string name) => File.Exists(Path.Combine(folder, name));

    /// <summary>Refuses settings that contradict the model or the data.</summary>
    private static void RequireFit(string folder, TrainingSettings settings, ModelConfig config, TrainingData data)
    {
        string file = Path.Combine(folder, TrainingSettings.FileName);
        if (settings.Context > config.ContextLength)
        {
            throw new TrainingDataException(file, $"'context' is {settings.Context}, and the model's context is {config.ContextLength}");
        }

        int classes = data.Training.Labels?.Labels.Count ?? 0;
        if ((settings.Classifier?.Classes ?? 0) != classes)
        {
            throw new TrainingDataException(file, $"'classifier' has {settings.Classifier?.Classes ?? 0} classes, and the data has {classes}");
        }
    }

    private void FillBatches(TrainingBatch[] batches)
    {
        for (int index = 0; index < batches.Length; index++)
        {
            batches[index] = _data.Training.Batch((_trainer.StepsDone * batches.Length) + index, _settings.BatchSize);
        }
    }

    /// <summary>What the training makes small: the loss of the language, or GPT-1's sum where classes are learned.</summary>
    private double Total(double languageLoss, double classLoss) =>
        _settings.Classifier is { } classifier ? classLoss + (classifier.LanguageWeight * languageLoss) : languageLoss;

    /// <summary>
    /// Measures the loss of the held-out text: of a part of it on the way, of all of it at the end where classes are learned. It is not
    /// cancelled, so that a training that was stopped has the same history as one that was not.
    /// </summary>
    private void Validate(bool isLast)
    {
        TokenDataset validation = _data.Validation!;
        int batches = validation.BatchesPerEpoch(_settings.BatchSize);
        batches = isLast && _settings.Classifier is not null ? batches : Math.Min(MostValidationBatches, batches);
        double sum = 0;
        long count = 0;
        ClassReport classes = default;
        int[] predicted = new int[_settings.BatchSize];
        for (int number = 0; number < batches; number++)
        {
            TrainingBatch batch = validation.Batch(number, _settings.BatchSize, repeats: false);
            double loss = _trainer.Evaluate(batch, out long counted);
            sum += loss * counted;
            count += counted;
            if (_settings.Classifier is not null)
            {
                ClassReport part = _trainer.EvaluateClasses(batch, predicted);
                int labels = classes.Labels + part.Labels;
                classes = new ClassReport(
                    ((classes.Loss * classes.Labels) + (part.Loss * part.Labels)) / Math.Max(1, labels), classes.Correct + part.Correct, labels);
            }
        }

        _history.SetValidation(Total(sum / Math.Max(1, count), classes.Loss), _settings.Classifier is null ? null : classes.Accuracy);
    }

    private TrainingProgress Progress(StepReport report, TrainingBatch[] batches, bool isValidated, bool isSaved)
    {
        long work = batches.Sum(batch => TrainingWork.MultiplyAdds(_trainer.Config, batch));
        _recent.Enqueue((report.Elapsed.TotalSeconds, report.Tokens, work));
        if (_recent.Count > SmoothedSteps)
        {
            _recent.Dequeue();
        }

        double seconds = _recent.Sum(step => step.Seconds);
        return new TrainingProgress(
            report,
            _settings.Options.TotalSteps,
            _history.MeanLoss(SmoothedSteps)!.Value,
            _history.ValidationLoss,
            isValidated,
            _recent.Sum(step => step.Positions) / seconds,
            _recent.Sum(step => step.Work) / seconds,
            TimeSpan.FromSeconds(seconds / _recent.Count * (_settings.Options.TotalSteps - report.Step)),
            isSaved)
        {
            ValidationAccuracy = _history.ValidationAccuracy,
        };
    }

    private void Save()
    {
        // The history first: on resumption, rows after the checkpoint are left out, but missing ones would be lost.
        _history.Write(Path.Combine(_folder, HistoryName));
        AtomicFile.Write(Path.Combine(_folder, CheckpointName), _trainer.SaveState);
        HuggingFaceFolder.Write(_folder, _trainer.Config, _trainer.Parameters, _settings.Options.Dropout, _data.Training.Labels);
        LossChart.Write(Path.Combine(_folder, ChartName), _history);
    }
}
