using System.Diagnostics;
using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue;

/// <summary>
/// Many characters of one model that talk with the player and with each other, all computed together within a budget a frame. The world
/// and each card are computed once and shared; talks that nobody waits for give their memory to those that need it and are read again when
/// they go on. A game adds characters, opens talks, and calls <see cref="Tick"/> once a frame or <see cref="RunInBackground"/> once.
/// </summary>
/// <remarks>
/// <para>
/// What a character says depends on the model, the options, its persona, the talk's seed and what was said, and on nothing else: budgets,
/// threads, distances, other talks, eviction and saves change when words come, never which. With budgets of
/// <see cref="StepBudget.Passes"/> they even come in the same ticks on every machine.
/// </para>
/// <para>
/// Members can be called from any thread; one at a time ticks. A tick allocates nothing once every talk has spoken. Opening talks,
/// changing cards, grammars, choices, transcripts and saves do. Once the stage is disposed, whatever would have it do something throws
/// <see cref="ObjectDisposedException"/>; what is there already, such as unread text and transcripts, can still be read.
/// </para>
/// </remarks>
public sealed partial class DialogueStage : IDisposable
{
    /// <summary>The most characters on a stage.</summary>
    public const int MostNpcs = 4096;

    /// <summary>The most open talks on a stage; an exchange is two.</summary>
    public const int MostTalks = 4096;

    /// <summary>What the player is called in talks unless they say otherwise.</summary>
    public const string PlayerName = "Player";

    /// <summary>Tokens for which every card must leave room beside its answer.</summary>
    internal const int LeastLineTokens = 16;

    private const double SmallestRest = 0.05; // milliseconds of a budget that are worth another step

    private readonly Lock _ticking = new();
    private readonly GptEngine _engine;
    private readonly StageOptions _options;
    private readonly GrammarCompiler _compiler;
    private readonly List<Npc> _npcs = [];
    private readonly List<Talk> _talks = [];
    private readonly List<Exchange> _exchanges = [];
    private readonly byte[] _delivered = new byte[1024];
    private ulong _seed;
    private long _now; // the tick whose inputs are done
    private int _opened;
    private bool _changed;
    private bool _disposed;

    /// <summary>Makes a stage without characters, and its engine with all the memory it will use.</summary>
    /// <param name="model">The model; must stay alive as long as the stage.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentException">
    /// The model has no tokenizer, the world cannot be written with its vocabulary, an option is out of range, or the arena is too small.
    /// </exception>
    /// <exception cref="Kernels.KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public DialogueStage(GptModel model, StageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new StageOptions();
        options.Validate();
        Model = model;
        _options = options;
        _seed = options.Seed;
        _compiler = new GrammarCompiler(model);
        Prompts = new PromptWriter(options.Layout, model.Tokenizer!);
        Prompts.CheckTokenizer();
        WorldIds = Prompts.World(options.World);
        _engine = new GptEngine(model, options.Engine);
        try
        {
            CheckArena();
            _sessions = new SessionPool(_engine);
            _texts = new AnswerText(model.Tokenizer!);
            _prompt = new int[model.Config.ContextLength + 1];
            _lineIds = new int[model.Config.ContextLength];
            if (WorldIds.Length > 0)
            {
                _world = _sessions.Take();
                _world.Append(WorldIds, answer: false);
            }
        }
        catch
        {
            _engine.Dispose();
            throw;
        }
    }

    /// <summary>The model that speaks.</summary>
    public GptModel Model { get; }

    /// <summary>What the engine and its model take of memory, in bytes; a talk takes some 20 KB beside it.</summary>
    public MemoryPlan MemoryPlan => _engine.MemoryPlan;

    /// <summary>Ticks so far.</summary>
    public long Ticks { get; private set; }

    /// <summary>Tokens that were read or generated so far, those that were read again included.</summary>
    public long ComputedTokens => _engine.ComputedTokens;

    /// <summary>The characters, in the order in which they were added. A copy.</summary>
    public IReadOnlyList<Npc> Npcs
    {
        get
        {
            lock (Gate)
            {
                return [.. _npcs];
            }
        }
    }

    /// <summary>The open talks with the player, in the order in which they were opened. A copy.</summary>
    public IReadOnlyList<Talk> Talks
    {
        get
        {
            lock (Gate)
            {
                return [.. _talks.Where(talk => talk.Exchange is null)];
            }
        }
    }

    /// <summary>The open exchanges, in the order in which they were opened. A copy.</summary>
    public IReadOnlyList<Exchange> Exchanges
    {
        get
        {
            lock (Gate)
            {
                return [.. _exchanges];
            }
        }
    }

    /// <summary>Guards everything but the engine: whoever holds it may change talks and characters.</summary>
    internal Lock Gate { get; } = new();

    internal PromptWriter Prompts { get; }

    internal int[] WorldIds { get; }

    internal int LookupTokens => _options.Engine.MaxLookupTokens;

    /// <summary>Adds a character, which stays as long as the stage.</summary>
    /// <param name="persona">Who it is. What of it changes, changes here.</param>
    /// <returns>The character, to be talked to and changed. Names need not differ.</returns>
    /// <exception cref="PersonaException">The persona is not valid.</exception>
    /// <exception cref="ArgumentException">Its card does not fit the model's context, or cannot be written with its vocabulary.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MostNpcs"/> characters.</exception>
    public Npc Add(Persona persona)
    {
        ArgumentNullException.ThrowIfNull(persona);
        Personas.PersonaRules.Check(persona, persona.Name ?? nameof(persona));
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RequireRoom(_npcs.Count + 1, MostNpcs, "characters");
            Npc npc = new(this, persona.Frozen(), _npcs.Count);
            _npcs.Add(npc);
            return npc;
        }
    }

    /// <summary>Opens a talk of a character with the player, or with whoever the game speaks for.</summary>
    /// <param name="npc">A character of this stage.</param>
    /// <param name="partner">What the layout calls the partner.</param>
    /// <returns>The talk, in which nothing is said yet. A character can have several, which know nothing of each other.</returns>
    /// <exception cref="ArgumentException">The character belongs to another stage, or the partner has no name.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MostTalks"/> open talks.</exception>
    public Talk Open(Npc npc, string partner = PlayerName)
    {
        CheckNpc(npc);
        ArgumentException.ThrowIfNullOrWhiteSpace(partner);
        lock (Gate)
        {
            RequireRoom(_talks.Count + 1, MostTalks, "talks");
            ObjectDisposedException.ThrowIf(_disposed, this);
            Talk talk = new(npc, partner, SeedOf(_opened), _opened, null);
            _opened++;
            _talks.Add(talk);
            return talk;
        }
    }

    /// <summary>Opens a talk of two characters with each other. Nothing is said until <see cref="Exchange.Begin"/>.</summary>
    /// <param name="first">The one that will say the opening line.</param>
    /// <param name="second">The one that will answer.</param>
    /// <exception cref="ArgumentException">They belong to another stage, or are the same.</exception>
    /// <exception cref="InvalidOperationException">There is no room for two more among <see cref="MostTalks"/> open talks.</exception>
    public Exchange OpenBetween(Npc first, Npc second)
    {
        CheckNpc(first);
        CheckNpc(second);
        if (first == second)
        {
            throw new ArgumentException($"{first.Name} cannot talk with itself.", nameof(second));
        }

        lock (Gate)
        {
            RequireRoom(_talks.Count + 2, MostTalks, "talks");
            ObjectDisposedException.ThrowIf(_disposed, this);
            Exchange exchange = new(this, first, _opened, SeedOf(_opened), second, _opened + 1, SeedOf(_opened + 1));
            _opened += 2;
            _talks.Add(exchange.FirstSide);
            _talks.Add(exchange.SecondSide);
            _exchanges.Add(exchange);
            return exchange;
        }
    }

    /// <summary>
    /// Compiles a grammar, so that the first <see cref="Talk.Ask"/> with it costs nothing: some milliseconds, or more as
    /// <see cref="GrammarCompiler"/> says. Does nothing if the stage knows it.
    /// </summary>
    /// <param name="grammar">The grammar; known by reference afterwards.</param>
    /// <exception cref="GrammarException">It cannot be compiled, or has texts that contain the end of an answer.</exception>
    public void Prepare(Grammar grammar) => RequestGrammar(grammar, isAside: false);

    /// <summary>
    /// Does what was asked for since the last tick, advances everybody within the budget, and makes text readable. Never waits. A tick does
    /// one slice of work at least, about 0.1 ms.
    /// </summary>
    /// <param name="budget">How long to work; a time includes everything that the tick does.</param>
    /// <param name="cancellation">Checked between slices; nothing is lost.</param>
    /// <returns>
    /// Whether there is more to do: <see cref="StepStatus.Waiting"/> where all of it waits for text to be read or characters to come nearer.
    /// </returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    /// <exception cref="InvalidOperationException">The stage runs in the background.</exception>
    /// <remarks>A call from a second thread waits until the first one's tick is over. What a listener throws leaves the tick.</remarks>
    public StepStatus Tick(StepBudget budget, CancellationToken cancellation = default)
    {
        if (_background is not null)
        {
            throw new InvalidOperationException("The stage runs in the background: dispose the run before ticking.");
        }

        return Advance(budget, cancellation);
    }

    /// <summary>
    /// Ends a run in the background, waits for a tick that another thread is in, and frees the engine's memory. Can be called more than once.
    /// </summary>
    public void Dispose()
    {
        _background?.Dispose();
        lock (_ticking)
        {
            lock (Gate)
            {
                if (!_disposed)
                {
                    _disposed = true;
                    _engine.Dispose();
                    _wake.Dispose();
                }
            }
        }
    }

    private static void RequireRoom(int count, int most, string what)
    {
        if (count > most)
        {
            throw new InvalidOperationException($"A stage has at most {most} {what}: close some, or make another stage.");
        }
    }

    private ulong SeedOf(int talk) => SeedSequence.Derive(_seed, (ulong)talk);

    private StepStatus Advance(StepBudget budget, CancellationToken cancellation)
    {
        lock (_ticking)
        {
            long start = Stopwatch.GetTimestamp();
            lock (Gate)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _now = ++Ticks;
                ApplyInputs();
            }

            while (true)
            {
                lock (Gate)
                {
                    _changed = false;
                    Schedule();
                }

                StepStatus step = _engine.Step(Rest(budget, start), cancellation);
                lock (Gate)
                {
                    Collect();
                }

                Deliver();
                if (!_changed || !(budget == StepBudget.Unlimited || Rest(budget, start).Duration is { TotalMilliseconds: > SmallestRest }))
                {
                    return Status(step);
                }
            }
        }
    }

    private StepStatus Status(StepStatus step)
    {
        lock (Gate)
        {
            // Listeners may have said something that the next tick does.
            return _inputs.Count > 0 ? StepStatus.Working
                : !IsBusy() ? StepStatus.Idle
                : _changed || step == StepStatus.Working ? StepStatus.Working
                : StepStatus.Waiting;
        }
    }

    private static StepBudget Rest(StepBudget budget, long start) => budget.Duration is { } time
        ? StepBudget.Milliseconds(Math.Max(0, (time - Stopwatch.GetElapsedTime(start)).TotalMilliseconds))
        : budget;

    /// <summary>Hands text to listeners, which may call anything of the stage.</summary>
    private void Deliver()
    {
        for (int i = 0; ; i++)
        {
            Talk talk;
            lock (Gate)
            {
                if (i >= _talks.Count)
                {
                    return;
                }

                talk = _talks[i];
            }

            while (true)
            {
                TextListener? listener;
                object? state;
                int written;
                lock (Gate)
                {
                    (listener, state) = (talk.Listener, talk.ListenerState);
                    if (listener is null || !talk.Output.TryRead(_delivered, out written))
                    {
                        break;
                    }

                    talk.ReadBytes += written;
                }

                listener(talk, _delivered.AsSpan(0, written), state);
            }
        }
    }

    private bool IsBusy()
    {
        foreach (Talk talk in _talks)
        {
            if (talk.IsBusy)
            {
                return true;
            }
        }

        foreach (Exchange exchange in _exchanges)
        {
            if (exchange.LinesLeft > 0)
            {
                return true;
            }
        }

        foreach (Npc npc in _npcs)
        {
            if (npc.Base is { IsBusy: true })
            {
                return true;
            }
        }

        return _world is { IsBusy: true };
    }

    private void CheckNpc(Npc npc)
    {
        ArgumentNullException.ThrowIfNull(npc);
        if (npc.Stage != this)
        {
            throw new ArgumentException($"{npc.Name} belongs to another stage.", nameof(npc));
        }
    }
}
