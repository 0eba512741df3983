using System.Globalization;
using System.Text.Json;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;
using TinyGpt.Measuring;
using TinyGpt.Training;

namespace TinyGpt.Cli;

/// <summary>Trains in a folder, shows how it goes, and says what came of it.</summary>
/// <param name="folder">The training's folder.</param>
/// <param name="command">The command that resumes it, <c>train</c> or <c>finetune</c>.</param>
/// <param name="asJson">Whether standard output is for one JSON object.</param>
internal sealed class TrainingCommandRun(string folder, string command, bool asJson)
{
    private const int PeakRepeats = 10;
    private const int LastSteps = 50;

    /// <summary>Says something on the way.</summary>
    public void Say(string line)
    {
        if (!asJson)
        {
            Console.Out.WriteLine(line);
        }
    }

    /// <summary>Says what is learned.</summary>
    public void Describe(TrainingData data, ModelConfig config)
    {
        TokenDataset training = data.Training;
        Say($"data: {Number(training.Tokens)} tokens, {Number(training.TrainedTokens)} of them trained, "
            + $"in {Number(training.Sequences)} sequences; "
            + ByteSize.Format(training.MemoryBytes)
            + (training.CutDocuments > 0 ? $"; {Number(training.CutDocuments)} documents cut at the context" : "")
            + (training.SilentDocuments > 0 ? $"; {Number(training.SilentDocuments)} left out, nothing of them is trained" : ""));
        if (data.Validation is { } validation)
        {
            Say($"validation: {Number(validation.Tokens)} tokens in {Number(validation.Sequences)} sequences");
        }

        if (training.Labels is { } labels)
        {
            Say($"classes: {labels.Labels.Count}: {string.Join(", ", labels.Labels)}");
        }

        Say($"model: {Number(config.ParameterCount)} parameters, {config.Layers} layers of {config.Width}, {config.Heads} heads, "
            + $"context {config.ContextLength}, vocabulary {config.VocabularySize}");
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="run">The training.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="settings">The training's settings.</param>
    /// <param name="saveInterval">The time between two checkpoints.</param>
    /// <param name="cancellation">Saves and stops.</param>
    /// <exception cref="TrainingStoppedException">It was stopped.</exception>
    public void Train(
        TrainingRun run, ModelConfig config, TrainingSettings settings, TimeSpan saveInterval, CancellationToken cancellation)
    {
        bool isFinished = asJson
            ? run.Run(saveInterval, progress: null, cancellation)
            : new TrainingDisplay(() => Peak(settings.Options.Threads)).Run(progress => run.Run(saveInterval, progress, cancellation));
        if (!isFinished)
        {
            throw new TrainingStoppedException(
                $"stopped after step {run.StepsDone} of {settings.Options.TotalSteps} and saved; "
                + $"go on with 'tinygpt {command} --resume -o {folder}'");
        }

        LossHistory history = run.History;
        if (asJson)
        {
            JsonOutput.Write(json => WriteJson(json, history, config, run.StepsDone));
        }
        else
        {
            string validation = history.ValidationLoss is { } loss ? $", validation loss {Loss(loss)}" : "";
            string accuracy = history.ValidationAccuracy is { } share
                ? string.Create(CultureInfo.InvariantCulture, $", validation accuracy {100 * share:0.0} %")
                : "";
            Say($"{folder}: {run.StepsDone} steps, loss {Loss(history.MeanLoss(LastSteps) ?? double.NaN)}{validation}{accuracy}; "
                + $"try it with 'tinygpt {(settings.Classifier is null ? "generate" : "classify")} -m {folder} -p TEXT'");
        }
    }

    private void WriteJson(Utf8JsonWriter json, LossHistory history, ModelConfig config, long steps)
    {
        json.WriteString("output", folder);
        json.WriteNumber("parameters", config.ParameterCount);
        json.WriteNumber("vocabularySize", config.VocabularySize);
        json.WriteNumber("steps", steps);
        if (history.MeanLoss(LastSteps) is { } loss)
        {
            json.WriteNumber("loss", loss);
        }

        if (history.ValidationLoss is { } validation)
        {
            json.WriteNumber("validationLoss", validation);
        }

        if (history.ValidationAccuracy is { } accuracy)
        {
            json.WriteNumber("validationAccuracy", accuracy);
        }

        json.WriteNumber("tokens", history.Positions);
        json.WriteNumber("seconds", history.Seconds);
    }

    // The widest instructions that there are, whatever the inference kernels prefer.
    private static double? Peak(int threads)
    {
        KernelTier tier = KernelTiers.IsSupported(KernelTier.Avx512) ? KernelTier.Avx512 : KernelTiers.Best;
        return MultiplyPeak.MeasureFloats(tier, threads, PeakRepeats)?.Max() * 1e9;
    }

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Loss(double loss) => loss.ToString("0.0000", CultureInfo.InvariantCulture);
}
