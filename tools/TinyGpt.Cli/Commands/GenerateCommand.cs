using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Constraints;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt generate</c>: continues a prompt.</summary>
internal sealed class GenerateCommand : CliCommand
{
    private const int DefaultCount = 40;

    private readonly ModelArguments _model = new("the model that is built in");
    private readonly Option<string> _prompt = new("--prompt", "-p") { Description = "The text to continue.", HelpName = "TEXT" };
    private readonly Option<int[]?> _ids = IdsOption.Create("The text to continue, as token ids.");
    private readonly SamplingArguments _sampling = new(DefaultCount, temperature: 0, ContextPolicy.Stop);
    private readonly ConstraintArguments _constraint = new();
    private readonly EngineArguments _engine = new();
    private readonly Option<bool> _json = OutputArguments.CreateJson();

    public GenerateCommand()
        : base(
            "generate",
            "Continue a prompt, or write a text without one.",
            "Standard output gets only the answer, as it is generated; on a terminal a line feed follows. A model without a",
            "tokenizer answers in ids between commas. Without --prompt and --ids, a text starts from the model's end-of-text token.",
            "With --json-schema, --grammar or --regex the answer has that form. It is always whole, unless -n is less than the shortest one has.")
    {
        _model.AddTo(this);
        Add(_prompt);
        Add(_ids);
        _sampling.AddTo(this);
        _constraint.AddTo(this);
        _engine.AddTo(this);
        Add(_json);
        _prompt.Validators.Add(RefuseEmptyPrompt);
        Validators.Add(result =>
        {
            if (result.GetResult(_prompt) is not null && result.GetResult(_ids) is not null)
            {
                result.AddError("--prompt and --ids cannot be given together.");
            }

            if (_constraint.IsGivenIn(result) && _sampling.SlidesIn(result))
            {
                result.AddError("--context-policy slide forgets how an answer began, so its form cannot be kept: leave it out.");
            }
        });
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt generate -m gpt2.tgpt -p \"Once upon a time\"",
        "tinygpt generate -m gpt2.tgpt -p \"Once upon a time\" -n 200 --temperature 0.8 --top-p 0.95 --seed 7",
        "tinygpt generate -m path/to/gpt2 -p \"Q: Why?\" --stop \"Q:\" --logit-bias 50256=-inf --json",
        "tinygpt generate -m gpt2.tgpt -p \"The order as JSON: \" -n 100 --json-schema order.schema.json",
        "tinygpt generate -m gpt2.tgpt -p \"Is the door open? \" --regex \"(yes|no), [a-z ]{5,40}[.]\"",
        "tinygpt generate -m sort.tgpt --ids 2,0,1,1,0,2 -n 6",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        GptEngineOptions options = _sampling.WithLookup(_engine.Read(arguments), arguments);
        KernelTiers.Select(options.Tier); // a tier that cannot run is refused before a model is loaded for it
        Constraint? form = _constraint.Read(arguments);
        bool verbose = _engine.IsVerbose(arguments);
        string? path = _model.Find(arguments, cancellation);
        string name = ModelLoading.NameOf(path);
        using GptModel model = ModelLoading.Open(path, verbose ? options : null, cancellation);
        int[] prompt = ReadPrompt(arguments, model, name);
        SessionOptions answer = _sampling.ReadSession(arguments);
        if (answer.StopStrings.Count > 0)
        {
            ModelLoading.RequireTokenizer(model, name, ", so --stop cannot be found in its answer");
        }

        using CompiledConstraint? constraint = Compile(form, model, name, verbose);
        using GptEngine engine = new(model, options);
        ContextRoom.Require(engine, prompt.Length, "the prompt has");
        using GptSession session = engine.CreateSession(_sampling.ReadSampling(arguments, model.Config), answer with { Constraint = constraint });
        session.Append(prompt);
        AnswerRun run = new(engine, session);
        if (arguments.GetValue(_json))
        {
            WriteJson(run, engine, prompt.Length, cancellation);
        }
        else
        {
            WriteText(run, cancellation);
        }

        if (verbose)
        {
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"prompt: {prompt.Length} tokens, {run.PrefillTokensPerSecond(prompt.Length):0.0} a second; "
                + $"answer: {run.Ids.Count} tokens, {run.DecodeTokensPerSecond:0.0} a second; "
                + $"finish: {run.Finish}; {KernelTiers.Name(engine.Tier)}, {engine.Threads} threads"));
        }
    }

    private static void RefuseEmptyPrompt(OptionResult result)
    {
        if (result.Tokens is [.., { Value.Length: 0 }])
        {
            result.AddError("--prompt is empty; leave it out for a text without a prompt.");
        }
    }

    private static CompiledConstraint? Compile(Constraint? form, GptModel model, string name, bool verbose)
    {
        if (form is null)
        {
            return null;
        }

        ModelLoading.RequireTokenizer(model, name, ", so its answer cannot have a form");
        ConstraintVocabulary vocabulary = new(model);
        try
        {
            CompiledConstraint compiled = form.Compile(vocabulary);
            if (verbose)
            {
                Console.Error.WriteLine($"constraint: {ByteSize.Format(vocabulary.MemoryBytes + compiled.PlannedBytes)}");
            }

            return compiled;
        }
        catch (ConstraintException failure)
        {
            throw new CommandFailedException($"{name}: {failure.Message}");
        }
    }

    private int[] ReadPrompt(ParseResult arguments, GptModel model, string name)
    {
        if (arguments.GetValue(_prompt) is { } text)
        {
            return ModelLoading.RequireTokenizer(model, name, "; give the prompt as --ids").EncodeDocument(Encoding.UTF8.GetBytes(text));
        }

        if (arguments.GetValue(_ids) is { Length: > 0 } ids)
        {
            TokenIdList.RequireInVocabulary(ids, model.Config.VocabularySize);
            return ids;
        }

        return [model.Tokenizer?.BeginOfText ?? model.Config.EndOfTextToken
            ?? throw new CommandFailedException($"{name}: the model has no end-of-text token to start with; give --prompt or --ids")];
    }

    private static void WriteText(AnswerRun run, CancellationToken cancellation)
    {
        using Stream output = Terminal.OpenOutput();
        try
        {
            run.Run(output, cancellation);
        }
        finally
        {
            if (Terminal.ShowsOutput)
            {
                output.WriteByte((byte)'\n');
            }
        }
    }

    private static void WriteJson(AnswerRun run, GptEngine engine, int promptTokens, CancellationToken cancellation)
    {
        using MemoryStream text = new();
        run.Run(text, cancellation);
        JsonOutput.Write(json =>
        {
            json.WriteString("text", text.GetBuffer().AsSpan(0, (int)text.Length));
            json.WriteNumbers("ids", [.. run.Ids]);
            json.WriteNumber("promptTokens", promptTokens);
            json.WriteNumber("prefillTokensPerSecond", Math.Round(run.PrefillTokensPerSecond(promptTokens), 2));
            json.WriteNumber("decodeTokensPerSecond", Math.Round(run.DecodeTokensPerSecond, 2));
            json.WriteString("finish", run.Finish);
            json.WriteString("tier", KernelTiers.Name(engine.Tier));
            json.WriteNumber("threads", engine.Threads);
        });
    }
}
