using System.CommandLine;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt chat</c>: a talk, line by line.</summary>
internal sealed class ChatCommand : CliCommand
{
    private const int DefaultCount = 200;
    private const float DefaultTemperature = 0.7f;

    private readonly Option<string> _model = ModelOption.Create(required: false);
    private readonly Option<string> _persona = new("--persona")
    {
        Description = "A text file that the talk begins with; it stays in the context however long the talk becomes.",
        HelpName = "FILE",
    };

    private readonly SamplingArguments _sampling = new(DefaultCount, DefaultTemperature, ContextPolicy.SlidingWindow);
    private readonly EngineArguments _engine = new();

    public ChatCommand()
        : base(
            "chat",
            "Talk with a model.",
            "Every line of standard input is continued with one line, or up to what --stop says.",
            "The end of the input (Ctrl-D) ends the talk.")
    {
        Add(_model);
        Add(_persona);
        _sampling.AddTo(this);
        _engine.AddTo(this);
    }

    public override IReadOnlyList<string> Examples { get; } =
    [
        "tinygpt chat -m gpt2.tgpt",
        "tinygpt chat -m gpt2.tgpt --persona innkeeper.txt --temperature 0.8 --seed 7",
    ];

    protected override void Execute(ParseResult arguments, CancellationToken cancellation)
    {
        string? path = arguments.GetValue(_model);
        GptEngineOptions options = _sampling.WithLookup(_engine.Read(arguments), arguments);
        KernelTiers.Select(options.Tier);
        byte[] persona = arguments.GetValue(_persona) is { } file ? File.ReadAllBytes(file) : [];
        using GptModel model = ModelLoading.Open(path, _engine.IsVerbose(arguments) ? options : null, cancellation);
        ModelLoading.RequireTokenizer(model, ModelLoading.NameOf(path), ", so nobody can talk with it");
        using GptEngine engine = new(model, options);
        using GptSession session = engine.CreateSession(
            _sampling.ReadSampling(arguments, model.Config), _sampling.ReadSession(arguments, "\n"));
        if (persona.Length > 0)
        {
            session.Append(persona, answer: false);
            session.Pin();
        }

        using Stream output = Console.OpenStandardOutput();
        while (ReadTurn(cancellation) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            session.Append(line + "\n");
            new AnswerRun(engine, session).Run(output, cancellation);
            output.WriteByte((byte)'\n');
        }
    }

    private static string? ReadTurn(CancellationToken cancellation)
    {
        if (Terminal.ShowsErrors)
        {
            Console.Error.Write("> ");
        }

        return StandardInput.ReadLine(cancellation);
    }
}
