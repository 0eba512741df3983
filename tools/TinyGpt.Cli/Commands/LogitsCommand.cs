using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt logits</c>: what the model makes of the last position.</summary>
internal sealed class LogitsCommand : CliCommand
{
    private readonly ModelArguments _model = new();
    private readonly Option<int[]?> _ids = IdsOption.Create("The tokens, at least one and at most the context.");
    private readonly EngineArguments _engine = new();

    public LogitsCommand()
        : base(
            "logits",
            "Print the logits after the last of the given tokens.",
            "Prints {\"logits\":[…]}, one a token of the vocabulary, each exactly.")
    {
        _ids.Required = true;
        _model.AddTo(this);
        Add(_ids);
        _engine.AddTo(this);
        Add(new Option<bool>("--json") { Description = "Accepted for uniformity: the output is always JSON." });
    }

    public override IReadOnlyList<string> Examples { get; } = ["tinygpt logits -m gpt2.tgpt --ids 15496,11,995"];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        GptEngineOptions options = _engine.Read(arguments);
        KernelTiers.Select(options.Tier);
        int[] ids = arguments.GetValue(_ids)!;
        using GptModel model = ModelLoading.Open(
            _model.Require(arguments, cancellation), _engine.IsVerbose(arguments) ? options : null, cancellation);
        TokenIdList.RequireInVocabulary(ids, model.Config.VocabularySize);
        if (ids.Length > model.Config.ContextLength)
        {
            throw new ContextOverflowException(ids.Length, model.Config.ContextLength);
        }

        using LogitsEvaluator evaluator =
            new(model, options.Threads, options.Tier, kvPrecision: options.KvPrecision, context: ids.Length);
        float[] logits = evaluator.Evaluate(ids, cancellation).ToArray();
        if (Array.FindIndex(logits, logit => !float.IsFinite(logit)) is >= 0 and int token)
        {
            throw new CommandFailedException($"the logit of token {token} is not finite");
        }

        JsonOutput.Write(json =>
        {
            json.WriteStartArray("logits");
            foreach (float logit in logits)
            {
                json.WriteNumberValue(logit);
            }

            json.WriteEndArray();
        });
    }
}
