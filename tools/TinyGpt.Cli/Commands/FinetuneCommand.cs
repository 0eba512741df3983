using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Training;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt finetune</c>: a trained model learns another text.</summary>
internal sealed class FinetuneCommand : TrainingCommand
{
    private const float DefaultLearningRate = 1e-4f;
    private const int DefaultContext = 256;
    private const string Language = "language";
    private const string Classify = "classify";

    private readonly Option<string?> _from = new("--from")
    {
        Description = "A GPT-2 model with its tokenizer: a Hugging Face folder, or a .safetensors, .gguf or .tgpt file.",
        HelpName = "MODEL",
    };

    private readonly Option<string> _task = new("--task")
    {
        Description = "What is learned: the text, or the \"label\" that each line of a .jsonl file has beside its \"text\".",
        HelpName = $"{Language}|{Classify}",
        DefaultValueFactory = _ => Language,
    };

    private readonly Option<float> _languageWeight = NumberOption.Create(
        "--language-weight", "With --task classify: the weight of the language loss relative to the class loss.", 0.5f,
        value => value is >= 0 and <= 100, "a number from 0 to 100");

    public FinetuneCommand()
        : base(
            "finetune",
            "Continue training a GPT-2 model with another text.",
            "The result has the shape and tokenizer of the model and is written to another folder. The model does not change.",
            "The data is as for 'train'. Ctrl-C saves; --resume continues.",
            "With --task classify the model also learns to classify texts; 'tinygpt classify' uses it.")
    {
        Add(_from);
        _task.AcceptOnlyFromAmong(Language, Classify);
        Add(_task);
        Add(_languageWeight);
        Training.AddTo(this, _from);
        Validators.Add(result =>
        {
            if (result.GetResult(_languageWeight) is { Implicit: false } && result.GetValue(_task) != Classify)
            {
                result.AddError("--language-weight is for --task classify.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt finetune --from path/to/gpt2 --data tales.txt --validation 0.05 -o tales --steps 500",
        "tinygpt finetune --from path/to/gpt2 --task classify --data intents.jsonl --validation 0.2 -o intents --steps 300",
        "tinygpt finetune --resume -o tales",
    ];

    protected override TrainingArguments Training { get; } =
        new(DefaultLearningRate, DefaultContext, "The longest sequences to learn, at most the model's context.");

    protected override bool HasClasses(ParseResult arguments) => arguments.GetValue(_task) == Classify;

    protected override ClassifierOptions? Classifier(ParseResult arguments, LabelSet? labels) => labels is null
        ? null
        : new ClassifierOptions { Classes = labels.Labels.Count, LanguageWeight = arguments.GetValue(_languageWeight) };

    protected override void Begin(
        ParseResult arguments,
        (TextSource Training, TextSource? Validation) sources,
        TrainingOptions options,
        string folder,
        TrainingCommandRun run,
        CancellationToken cancellation)
    {
        string from = arguments.GetValue(_from)!;
        using PretrainedModel model = PretrainedModel.Open(from);
        TrainingStart start = new(model.Config, model.ReadTokenizer(), model.CopyTokenizer) { From = from, Load = model.LoadWeights };
        Train(arguments, sources, start, run, cancellation);
    }
}
