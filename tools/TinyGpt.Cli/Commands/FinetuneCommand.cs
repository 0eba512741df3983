using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Text;
using TinyGpt.Training;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt finetune</c>: a trained model learns another text.</summary>
internal sealed class FinetuneCommand : TrainingCommand
{
    private const float DefaultLearningRate = 1e-4f;
    private const int DefaultContext = 256;

    private readonly Option<string?> _from = new("--from")
    {
        Description = "The folder of a GPT-2 model: model.safetensors, config.json and its tokenizer.",
        HelpName = "FOLDER",
    };

    public FinetuneCommand()
        : base(
            "finetune",
            "Go on training a GPT-2 model with another text.",
            "Shape and tokenizer are those of the model; it is read, and the result is written to another folder.",
            "The data is as for 'train'. Ctrl-C saves; --resume goes on.")
    {
        Add(_from);
        Training.AddTo(this, _from);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt finetune --from path/to/gpt2 --data tales.txt --validation 0.05 -o tales --steps 500",
        "tinygpt finetune --resume -o tales",
    ];

    protected override TrainingArguments Training { get; } =
        new(DefaultLearningRate, DefaultContext, "The longest sequences to learn, at most the model's context.");

    protected override void Begin(
        ParseResult arguments,
        (TextSource Training, TextSource? Validation) sources,
        TrainingOptions options,
        string folder,
        TrainingCommandRun run,
        CancellationToken cancellation)
    {
        string from = arguments.GetValue(_from)!;
        ModelConfig config = PretrainedModel.ReadConfig(from);
        BytePairTokenizer tokenizer = PretrainedModel.ReadTokenizer(from, config);
        Train(arguments, sources, tokenizer, config, from, target => Gpt2TokenizerFiles.Copy(from, target), run, cancellation);
    }
}
