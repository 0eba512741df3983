using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt perplexity</c>: how well a model predicts a text.</summary>
internal sealed class PerplexityCommand : CliCommand
{
    private readonly ModelArguments _model = new();
    private readonly Option<string> _file = new("--file", "-f")
    {
        Description = "The text, two tokens or more.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly EngineArguments _engine = new();

    public PerplexityCommand()
        : base(
            "perplexity",
            "Measure how well a model predicts a text.",
            "Prints {\"perplexity\":…,\"tokens\":…}. The text is read in windows of the context's length;",
            "every token but the first is predicted once.")
    {
        _model.AddTo(this);
        Add(_file);
        _engine.AddTo(this);
        Add(new Option<bool>("--json") { Description = "Accepted for uniformity: the output is always JSON." });
    }

    public override IReadOnlyList<string> Examples { get; } = ["tinygpt perplexity -m gpt2.tgpt --file book.txt"];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        GptEngineOptions options = _engine.Read(arguments);
        KernelTiers.Select(options.Tier);
        string file = arguments.GetRequiredValue(_file);
        byte[] text = WrittenText.ReadFile(file);
        string path = _model.Require(arguments, cancellation);
        using GptModel model = ModelLoading.Open(path, _engine.IsVerbose(arguments) ? options : null, cancellation);
        int[] ids = ModelLoading.RequireTokenizer(model, path, ", so it knows no text").EncodeDocument(text);
        if (ids.Length < 2)
        {
            throw new CommandFailedException($"{file}: too short: two tokens or more are needed, and it has {ids.Length}");
        }

        using LogitsEvaluator evaluator =
            new(model, options.Threads, options.Tier, kvPrecision: options.KvPrecision, context: options.PlannedContext);
        PerplexityResult result = ProgressDisplay.Run<int, PerplexityResult>(
            $"reading {file}",
            predicted => (double)predicted / (ids.Length - 1),
            progress => evaluator.MeasurePerplexity(ids, progress, cancellation));
        JsonOutput.Write(json =>
        {
            json.WriteNumber("perplexity", result.Perplexity);
            json.WriteNumber("tokens", result.Tokens);
        });
    }
}
