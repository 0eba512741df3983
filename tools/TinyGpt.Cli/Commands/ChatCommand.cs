using System.CommandLine;
using System.Text;
using TinyGpt.Chat;
using TinyGpt.Cli.Options;
using TinyGpt.Cli.Output;
using TinyGpt.Kernels;
using TinyGpt.Tavern;

namespace TinyGpt.Cli.Commands;

/// <summary><c>tinygpt chat</c>: a talk, line by line.</summary>
internal sealed class ChatCommand : CliCommand
{
    private const int DefaultCount = 200;
    private const float DefaultTemperature = 0.7f;

    private static readonly string Unknown = new ChatFormat(ChatFamily.Unknown).Name;

    private readonly ModelArguments _model = new("the model that is built in, whose persona is a card of facts");
    private readonly Option<string> _persona = new("--persona")
    {
        Description = "A text file at the start of the talk. It stays in the context, however long the talk becomes.",
        HelpName = "FILE",
    };

    private readonly Option<string> _template = new("--template")
    {
        Description = "The form of the talk, in place of the model's own: plain is a line for a line.",
        HelpName = "plain|chatml|llama2|llama3|zephyr",
    };

    private readonly Option<string> _thinking = new("--thinking")
    {
        Description = "Whether a model that can think before it answers does so; by default as its template says.",
        HelpName = "on|off",
    };

    private readonly Option<int> _thinkingBudget = NumberOption.Create(
        "--thinking-budget", "The most tokens of thoughts before an answer.", int.MaxValue, value => value >= 1, "a whole number, 1 or more");

    private readonly SamplingArguments _sampling = new(DefaultCount, DefaultTemperature, ContextPolicy.SlidingWindow);
    private readonly EngineArguments _engine = new();

    public ChatCommand()
        : base(
            "chat",
            "Talk with a model.",
            "Every line of standard input is a turn. A model that was taught to talk answers in the form that it was taught; any other continues",
            "a line with a line, or up to what --stop says. A persona and a turn that do not fit the context end the talk with an error. The end",
            "of the input (Ctrl-D) ends the talk.")
    {
        _model.AddTo(this);
        Add(_persona);
        Add(_template);
        _template.AcceptOnlyFromAmong([.. ChatFormat.Names.Where(name => name != Unknown)]);
        _thinking.AcceptOnlyFromAmong("on", "off");
        Add(_thinking);
        Add(_thinkingBudget);
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
        GptEngineOptions options = _sampling.WithLookup(_engine.Read(arguments), arguments);
        KernelTiers.Select(options.Tier);
        string? path = _model.Find(arguments, cancellation);
        string? personaFile = arguments.GetValue(_persona);
        string? persona = personaFile is null ? null : Encoding.UTF8.GetString(WrittenText.ReadFile(personaFile));
        using GptModel model = ModelLoading.Open(path, _engine.IsVerbose(arguments) ? options : null, cancellation);
        if (path is null)
        {
            TalkInTheTavern(arguments, model, options, persona, cancellation);
            return;
        }

        if (arguments.GetValue(_template) is null && model.Info.Chat is { Templates.Count: > 0 })
        {
            TalkByTemplate(arguments, model, path, options, persona, cancellation);
            return;
        }

        ChatTemplate template = OpenTemplate(arguments, model, path);
        using GptEngine engine = new(model, options);
        using GptSession session = engine.CreateSession(
            _sampling.ReadSampling(arguments, model.Config), _sampling.ReadSession(arguments, template));
        using Stream output = Terminal.OpenOutput();
        bool hasBegun = false;
        int pinned = 0;
        while (Prompt.ReadLine("> ", cancellation) is { } line)
        {
            if (line.Length == 0)
            {
                continue;
            }

            ChatTurn turn = new(TurnRole.User, line);
            if (hasBegun)
            {
                int[] ids = template.EncodeNext(session.AnswerTokens, turn);
                ContextRoom.Require(engine, pinned + ids.Length, persona is null ? "the turn has" : $"{personaFile}: the persona and the turn have");
                session.Append(ids);
            }
            else
            {
                int[] ids = Beginning(template, persona, turn, out pinned);
                ContextRoom.Require(
                    engine, ids.Length, persona is null ? "the turn has" : $"{personaFile}: the persona and the first turn have");
                Begin(session, ids, pinned);
            }

            hasBegun = true;
            new AnswerRun(engine, session).Run(output, cancellation);
            output.WriteByte((byte)'\n');
        }
    }

    /// <summary>A talk in the form of the model's own template.</summary>
    private void TalkByTemplate(
        ParseResult arguments, GptModel model, string path, GptEngineOptions options, string? persona, CancellationToken cancellation)
    {
        ModelLoading.RequireTokenizer(model, path, ", so it cannot chat");
        try
        {
            PromptTemplate template = PromptTemplate.Find(model)!;
            using GptEngine engine = new(model, options);
            using TemplateTalk talk = new(template, engine, _sampling.ReadSampling(arguments, model.Config), _sampling.ReadSession(arguments), persona)
            {
                Thinks = arguments.GetValue(_thinking) is { } thinking ? thinking == "on" : null,
                ThinkingBudget = arguments.GetValue(_thinkingBudget),
            };
            using Stream output = Terminal.OpenOutput();
            while (Prompt.ReadLine("> ", cancellation) is { } line)
            {
                if (line.Length > 0)
                {
                    talk.Answer(line, output, cancellation);
                }
            }
        }
        catch (TemplateException exception)
        {
            throw new CommandFailedException($"{path}: {exception.Message}; another form can be chosen with --template ({_template.HelpName})");
        }
    }

    private void TalkInTheTavern(
        ParseResult arguments, GptModel model, GptEngineOptions options, string? persona, CancellationToken cancellation)
    {
        TavernCard? card = TavernFolk.All[0];
        if (persona is not null && !TavernCard.TryParse(persona, out card, out string problem))
        {
            throw new CommandFailedException($"{arguments.GetValue(_persona)}: this is no card of facts: {problem}");
        }

        using GptEngine engine = new(model, options);
        using TavernScreen screen = new(engine, card, _sampling.ReadSampling(arguments, model.Config));
        screen.Run(cancellation);
    }

    private ChatTemplate OpenTemplate(ParseResult arguments, GptModel model, string path)
    {
        Tokenizer tokenizer = ModelLoading.RequireTokenizer(model, path, ", so it cannot chat");
        ChatFormat? own = model.Info.Chat;
        ChatFormat format = arguments.GetValue(_template) is { } name ? new((ChatFamily)ChatFormat.Names.ToList().IndexOf(name))
            : own?.Family == ChatFamily.Unknown
                ? throw new CommandFailedException(
                    $"{path}: the model's chat template is of no family that is known; choose one with --template ({_template.HelpName})")
            : own ?? new ChatFormat(ChatFamily.Plain);
        try
        {
            return new ChatTemplate(format.Family == own?.Family ? own : format, tokenizer, model.Config.EndOfTextToken);
        }
        catch (ArgumentException exception)
        {
            throw new CommandFailedException($"{path}: {exception.Message}");
        }
    }

    /// <summary>Encodes the talk's beginning.</summary>
    /// <param name="template">The form of the talk.</param>
    /// <param name="persona">The persona, or null.</param>
    /// <param name="turn">The first turn.</param>
    /// <param name="pinned">How many of the tokens are the persona's, which stays in the context.</param>
    private static int[] Beginning(ChatTemplate template, string? persona, ChatTurn turn, out int pinned)
    {
        ChatTurn[] system = persona is null ? [] : [new ChatTurn(TurnRole.System, persona)];
        int[] ids = template.Encode([.. system, turn]);
        pinned = ids.AsSpan().CommonPrefixLength(template.Encode(system));
        return ids;
    }

    private static void Begin(GptSession session, int[] ids, int pinned)
    {
        if (pinned > 0)
        {
            session.Append(ids.AsSpan(0, pinned), answer: false);
            session.Pin();
        }

        session.Append(ids.AsSpan(pinned));
    }
}
