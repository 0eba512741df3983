using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using TinyGpt.Training;

namespace TinyGpt.Cli.Options;

/// <summary>The options that <c>train</c> and <c>finetune</c> share: the data, the steps and the folder.</summary>
internal sealed class TrainingArguments
{
    private const float FinalRate = 0.1f; // of the learning rate, where the cosine ends
    private const int MostWarmupSteps = 200;
    private const int Validations = 10;
    private const int MostValidationInterval = 500;

    private readonly Option<string?> _data = new("--data", "-d")
    {
        Description = "The text to learn: plain text, or .jsonl with one document a line.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _validation = new("--validation")
    {
        Description = "The text that the validation loss is measured on: a file, or a share of the data, such as 0.02, to set apart.",
        HelpName = "FILE|SHARE",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "The folder for the model, its checkpoints and the loss curve. It is made if it does not exist.",
        HelpName = "FOLDER",
        Required = true,
    };

    private readonly Option<int> _context;
    private readonly Option<int> _batch = Bounded("--batch", "Sequences that are computed together.", 16, TrainingSettings.MaxBatchSize);
    private readonly Option<int> _accumulate = Bounded("--accumulate", "Batches that make one step.", 1, TrainingOptions.MaxAccumulationSteps);
    private readonly Option<int> _steps = Whole("--steps", "Steps of the training.", 1000);

    private readonly Option<double> _minutes = NumberOption.Create(
        "--minutes", "Instead of --steps: train for about this time. The number of steps is measured at the start.", 0.0,
        value => value > 0 && double.IsFinite(value), "a number above 0");

    private readonly Option<float> _learningRate;

    private readonly Option<int> _warmup = NumberOption.Create(
        "--warmup", $"Steps in which the learning rate rises; by default a tenth of all, at most {MostWarmupSteps}.", 0,
        value => value >= 0, "a whole number, 0 or more");

    private readonly Option<float> _weightDecay = NumberOption.Create(
        "--weight-decay", "The decay of matrices and embeddings.", 0.1f, value => value is >= 0 and <= 10, "a number from 0 to 10");

    private readonly Option<float> _dropout = NumberOption.Create(
        "--dropout", "The share of activations that is dropped; for texts that are read many times.", 0f,
        value => value is >= 0 and < 1, "a number from 0 to below 1");

    private readonly Option<ulong> _seed = NumberOption.Create(
        "--seed", "The seed: the same one gives the same weights, with the same number of threads.", 1UL, _ => true, "a whole number, 0 or more");

    private readonly Option<int> _threads = NumberOption.Create(
        "--threads", "Threads that compute; by default one for each processor.", Math.Min(Environment.ProcessorCount, TrainingOptions.MaxThreads),
        threads => threads is >= 1 and <= TrainingOptions.MaxThreads, $"a whole number from 1 to {TrainingOptions.MaxThreads}");

    private readonly Option<double> _checkpointEvery = NumberOption.Create(
        "--checkpoint-every", "Minutes between two checkpoints.", 5.0, value => value > 0 && double.IsFinite(value), "a number above 0");

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "Continue the training in the folder from its last checkpoint, with its settings.",
    };

    private readonly Option<bool> _json = OutputArguments.CreateJson();

    /// <summary>Makes the options.</summary>
    /// <param name="learningRate">The learning rate unless given.</param>
    /// <param name="context">The context's length unless given.</param>
    /// <param name="contextDescription">What the context's length is of.</param>
    public TrainingArguments(float learningRate, int context, string contextDescription)
    {
        _learningRate = NumberOption.Create(
            "--learning-rate", "The learning rate after the warm-up; a cosine schedule lowers it to a tenth.", learningRate,
            value => value is > 0 and <= 1, "a number above 0, at most 1");
        _context = Whole("--context", contextDescription, context);
        _warmup.DefaultValueFactory = null; // it depends on the steps
        _minutes.DefaultValueFactory = null;
    }

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command, with its own options added.</param>
    /// <param name="required">Those of its options that a new training needs.</param>
    public void AddTo(Command command, params IReadOnlyList<Option> required)
    {
        ReadOnlySpan<Option> options =
        [
            _data, _validation, _output, _context, _batch, _accumulate, _steps, _minutes, _learningRate, _warmup, _weightDecay, _dropout, _seed,
            _threads, _checkpointEvery, _resume, _json,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.Validators.Add(result => Check(result, required));
    }

    /// <summary>Whether a training is to be resumed.</summary>
    public bool IsResumption(ParseResult arguments) => arguments.GetValue(_resume);

    /// <summary>Whether the result is to be JSON, and nothing else.</summary>
    public bool IsJson(ParseResult arguments) => arguments.GetValue(_json);

    /// <summary>The training's folder.</summary>
    public string Folder(ParseResult arguments) => arguments.GetRequiredValue(_output);

    /// <summary>The data, or null if another place than the settings name was not given.</summary>
    public string? Data(ParseResult arguments) => arguments.GetValue(_data);

    /// <summary>The time between two checkpoints.</summary>
    public TimeSpan SaveInterval(ParseResult arguments) => TimeSpan.FromMinutes(arguments.GetValue(_checkpointEvery));

    /// <summary>The length of sequences.</summary>
    public int Context(ParseResult arguments) => arguments.GetValue(_context);

    /// <summary>The minutes that were asked for, or null if steps were.</summary>
    public double? Minutes(ParseResult arguments) => IsGiven(arguments.GetResult(_minutes)) ? arguments.GetValue(_minutes) : null;

    /// <summary>What is for validation: a file, or a share of the data.</summary>
    public (string? File, double Share) Validation(ParseResult arguments)
    {
        string? given = arguments.GetValue(_validation);
        return double.TryParse(given, CultureInfo.InvariantCulture, out double share) && !File.Exists(given) ? (null, share) : (given, 0);
    }

    /// <summary>The options of the trainer.</summary>
    /// <param name="arguments">What was parsed.</param>
    /// <param name="steps">The steps, where the time decides them, or null.</param>
    public TrainingOptions Options(ParseResult arguments, int? steps = null)
    {
        float learningRate = arguments.GetValue(_learningRate);
        int total = steps ?? arguments.GetValue(_steps);
        return new TrainingOptions
        {
            LearningRate = learningRate,
            MinimumLearningRate = learningRate * FinalRate,
            WarmupSteps = IsGiven(arguments.GetResult(_warmup)) ? arguments.GetValue(_warmup) : Math.Min(total / 10, MostWarmupSteps),
            TotalSteps = total,
            WeightDecay = arguments.GetValue(_weightDecay),
            Dropout = arguments.GetValue(_dropout),
            AccumulationSteps = arguments.GetValue(_accumulate),
            Threads = arguments.GetValue(_threads),
            Seed = arguments.GetValue(_seed),
        };
    }

    /// <summary>The settings of a new training.</summary>
    /// <param name="arguments">What was parsed.</param>
    /// <param name="options">The trainer's options.</param>
    /// <param name="dataHash">The hash of the data.</param>
    public TrainingSettings Settings(ParseResult arguments, TrainingOptions options, string dataHash)
    {
        (string? file, double share) = Validation(arguments);
        return new TrainingSettings
        {
            Data = Data(arguments)!,
            Validation = file,
            ValidationShare = share,
            Context = Context(arguments),
            BatchSize = arguments.GetValue(_batch),
            ValidationInterval = Math.Clamp(options.TotalSteps / Validations, 1, MostValidationInterval),
            DataHash = dataHash,
            Options = options,
        };
    }

    /// <summary>Sequences that are computed together.</summary>
    public int BatchSize(ParseResult arguments) => arguments.GetValue(_batch);

    private static Option<int> Whole(string name, string description, int defaultValue) =>
        NumberOption.Create(name, description, defaultValue, value => value >= 1, "a whole number, 1 or more");

    private static Option<int> Bounded(string name, string description, int defaultValue, int most) =>
        NumberOption.Create(name, description, defaultValue, value => value >= 1 && value <= most, $"a whole number from 1 to {most}");

    private static bool IsGiven(OptionResult? result) => result is { Implicit: false };

    private void Check(CommandResult result, IReadOnlyList<Option> required)
    {
        if (IsGiven(result.GetResult(_resume)))
        {
            Option[] allowed = [_data, _validation, _output, _checkpointEvery, _resume, _json];
            OptionResult? other = result.Children.OfType<OptionResult>()
                .FirstOrDefault(child => !child.Implicit && !allowed.Contains(child.Option));
            if (other is not null)
            {
                result.AddError($"--resume continues with the settings of the folder, so {other.Option.Name} cannot be given with it.");
            }

            return;
        }

        foreach (Option option in required.Prepend(_data))
        {
            if (!IsGiven(result.GetResult(option)))
            {
                result.AddError($"{option.Name} is required, unless --resume is given.");
            }
        }

        if (IsGiven(result.GetResult(_steps)) && IsGiven(result.GetResult(_minutes)))
        {
            result.AddError("--steps and --minutes cannot be given together.");
        }
    }
}
