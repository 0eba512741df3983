using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Training;

namespace TinyGpt.Cli.Commands;

/// <summary>What <c>train</c> and <c>finetune</c> share: a training that begins or goes on in a folder.</summary>
internal abstract class TrainingCommand : CliCommand
{
    /// <inheritdoc/>
    protected TrainingCommand(string name, string summary, params IReadOnlyList<string> notes)
        : base(name, summary, notes)
    {
    }

    // Ctrl-C: a step has to end, and then the checkpoint and the model have to reach the disk.
    public override TimeSpan TimeToStop => TimeSpan.FromMinutes(2);

    /// <summary>The options of a training.</summary>
    protected abstract TrainingArguments Training { get; }

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string folder = Training.Folder(arguments);
        TrainingCommandRun run = new(folder, Name, Training.IsJson(arguments));
        if (Training.IsResumption(arguments))
        {
            TrainingRun.RequireResumable(folder);
            using TrainingLock resumed = TrainingLock.Take(folder);
            Resume(arguments, folder, run, cancellation);
            return;
        }

        RequireFree(folder);
        TrainingOptions options = Training.Options(arguments);
        (string? validation, double share) = Training.Validation(arguments);
        if (validation is null && share is < 0 or >= 1)
        {
            throw new CommandFailedException($"--validation takes a file, or a share above 0 and below 1, not {share}");
        }

        (TextSource Training, TextSource? Validation) sources =
            TrainingData.OpenSources(Training.Data(arguments)!, validation, share, options.Seed);

        // Before any work: check that the folder can be written to, and that no other training uses it.
        using TrainingLock begun = TrainingLock.Take(folder);
        RequireFree(folder);
        Begin(arguments, sources, options, folder, run, cancellation);
    }

    /// <summary>Makes or finds tokenizer and model, and trains.</summary>
    protected abstract void Begin(
        ParseResult arguments,
        (TextSource Training, TextSource? Validation) sources,
        TrainingOptions options,
        string folder,
        TrainingCommandRun run,
        CancellationToken cancellation);

    /// <summary>What a classifier learns of the data, or null.</summary>
    protected virtual ClassifierOptions? Classifier(ParseResult arguments, LabelSet? labels) => null;

    /// <summary>Whether the data has classes.</summary>
    protected virtual bool HasClasses(ParseResult arguments) => false;

    /// <summary>Tokenizes the data and trains.</summary>
    /// <param name="arguments">What was parsed.</param>
    /// <param name="sources">The data.</param>
    /// <param name="start">What the training begins with.</param>
    /// <param name="run">Shows the training.</param>
    /// <param name="cancellation">Stops it.</param>
    protected void Train(
        ParseResult arguments,
        (TextSource Training, TextSource? Validation) sources,
        TrainingStart start,
        TrainingCommandRun run,
        CancellationToken cancellation)
    {
        ModelConfig config = start.Config;
        TrainingOptions options = Training.Options(arguments);
        int context = Math.Min(Training.Context(arguments), config.ContextLength);
        TrainingData data = Tokenize(sources, start.Tokenizer, context, options, HasClasses(arguments), cancellation);
        run.Describe(data, config);
        if (Training.Minutes(arguments) is { } minutes)
        {
            int steps = StepTimer.StepsWithin(minutes, config, options, data.Training, Training.BatchSize(arguments), cancellation);
            options = Training.Options(arguments, steps);
            run.Say($"steps: {steps} fit into {minutes} minutes; --steps {steps} does the same again");
        }

        string folder = Training.Folder(arguments);
        TrainingSettings settings = Training.Settings(arguments, options, data.Hash) with
        {
            Context = context,
            From = start.From,
            Classifier = Classifier(arguments, data.Training.Labels),
        };
        start.WriteTokenizer(folder);
        using TrainingRun training = TrainingRun.Begin(folder, settings, config, data, start.Load);
        run.Train(training, config, settings, Training.SaveInterval(arguments), cancellation);
    }

    private void RequireFree(string folder)
    {
        if (TrainingRun.IsTaken(folder))
        {
            string instead = TrainingRun.CanResume(folder) ? $"go on with 'tinygpt {Name} --resume -o {folder}', or name another folder" : "name another folder";
            throw new CommandFailedException($"{folder}: the folder holds a training or a model; {instead}");
        }
    }

    private void Resume(ParseResult arguments, string folder, TrainingCommandRun run, CancellationToken cancellation)
    {
        TrainingSettings settings = TrainingSettings.Read(folder);
        settings = settings with { Data = Training.Data(arguments) ?? settings.Data };
        (string? validation, double share) = Training.Validation(arguments);
        if (validation is not null || share > 0)
        {
            settings = settings with { Validation = validation, ValidationShare = share };
        }

        ModelConfig config = PretrainedModel.ReadConfig(folder);
        BytePairTokenizer tokenizer = PretrainedModel.ReadTokenizer(folder, config);
        (TextSource Training, TextSource? Validation) sources =
            TrainingData.OpenSources(settings.Data, settings.Validation, settings.ValidationShare, settings.Options.Seed);
        TrainingData data = Tokenize(sources, tokenizer, settings.Context, settings.Options, settings.Classifier is not null, cancellation);
        run.Describe(data, config);
        using TrainingRun training = TrainingRun.Resume(folder, settings, config, data);
        run.Say($"going on after step {training.StepsDone} of {settings.Options.TotalSteps}");
        run.Train(training, config, settings, Training.SaveInterval(arguments), cancellation);
    }

    private static TrainingData Tokenize(
        (TextSource Training, TextSource? Validation) sources,
        BytePairTokenizer tokenizer,
        int context,
        TrainingOptions options,
        bool hasClasses,
        CancellationToken cancellation)
    {
        LabelSet? labels = !hasClasses ? null
            : sources.Validation is null ? LabelSet.Of(sources.Training)
            : LabelSet.Of(sources.Training, sources.Validation);
        return ProgressDisplay.Run<double, TrainingData>(
            "tokenizing",
            done => done,
            progress => TrainingData.Tokenize(sources, tokenizer, context, options, progress, labels, cancellation));
    }
}
