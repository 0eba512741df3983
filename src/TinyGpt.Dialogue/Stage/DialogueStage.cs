using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Talks;
using TinyGpt.Kernels;

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
/// Thread-safe: members of the stage and of its characters, talks and exchanges can be called from any thread; one at a time ticks. A call
/// waits for no tick but where it says so: the bookkeeping between two steps of the engine at most. A tick allocates nothing once every talk
/// has spoken, and neither do lines (<see cref="Talk.Say"/>), reading and distances. Making stages, adding characters, opening talks, changing
/// cards and summaries, grammars, choices, transcripts, lists and saves do. Once the stage is disposed, whatever would have it do something
/// throws <see cref="ObjectDisposedException"/>; what is there already, such as unread text and transcripts, can still be read.
/// </para>
/// </remarks>
public sealed partial class DialogueStage : IDisposable
{
    /// <summary>The most characters on a stage.</summary>
    public const int MostNpcs = 4096;

    /// <summary>The most open talks on a stage; an exchange counts as two.</summary>
    public const int MostTalks = 4096;

    /// <summary>What the player is called in talks unless they say otherwise.</summary>
    public const string PlayerName = "Player";

    /// <summary>Tokens for which every card must leave room beside its answer.</summary>
    internal const int LeastLineTokens = 16;

    private readonly GptEngine _engine;
    private readonly StageOptions _options;
    private readonly GrammarCompiler _compiler;
    private readonly List<Npc> _npcs = [];
    private readonly List<Talk> _talks = [];
    private readonly List<Exchange> _exchanges = [];
    private ulong _seed;
    private int _opened;
    private bool _disposed;

    /// <summary>Makes a stage without characters, and its engine with all the memory it will use.</summary>
    /// <param name="model">The model, which stays the caller's and must stay alive as long as the stage. Any number of stages can share it.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The model, or what an option must have, is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; names it.</exception>
    /// <exception cref="ArgumentException">
    /// The model has no tokenizer, or one that changes the text that ends an answer; the world cannot be written with its vocabulary; the layout
    /// lacks a slot or has one that it does not know; or the arena is too small for the world and one talk.
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

    /// <summary>The model that speaks. It is not the stage's to dispose.</summary>
    public GptModel Model { get; }

    /// <summary>
    /// What the engine and its model take of memory, in bytes, all of it from the beginning on. An open talk takes managed memory beside it: 8
    /// bytes a token of the model's context and some 12 KB.
    /// </summary>
    public MemoryPlan MemoryPlan => _engine.MemoryPlan;

    /// <summary>
    /// Tokens that were read or generated so far, those that were read again included; 0 for a new stage and for one of a save. Exact between
    /// ticks; while another thread ticks, a figure to watch.
    /// </summary>
    public long ComputedTokens => _engine.ComputedTokens;

    /// <summary>The characters, in the order in which they were added. A copy, which allocates.</summary>
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

    /// <summary>
    /// The open talks with the player, in the order in which they were opened; one that was closed is among them until the next tick. A copy,
    /// which allocates.
    /// </summary>
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

    /// <summary>
    /// The open exchanges, in the order in which they were opened; one that was closed is among them until the next tick. A copy, which
    /// allocates.
    /// </summary>
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

    /// <summary>Adds a character, which stays as long as the stage. Allocates.</summary>
    /// <param name="persona">Who it is, copied: later changes of its lists have no effect, and the game changes the character instead.</param>
    /// <returns>The character, to be talked to and changed. Names need not differ.</returns>
    /// <exception cref="ArgumentNullException">The persona is null.</exception>
    /// <exception cref="PersonaException">The persona is not valid, or has a text that contains what the layout marks turns with.</exception>
    /// <exception cref="ArgumentException">Its card does not fit the model's context, or cannot be written with its vocabulary.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MostNpcs"/> characters.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
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

    /// <summary>Opens a talk of a character with the player, or with whoever the game speaks for. Allocates.</summary>
    /// <param name="npc">A character of this stage.</param>
    /// <param name="partner">
    /// What the layout calls the partner; one line of at most <see cref="Persona.LongestName"/> characters (UTF-16), not blank, without what the
    /// layout marks turns with, and not such that the layout would write the partner's turns like the character's own.
    /// </param>
    /// <returns>The talk, in which nothing is said yet. A character can have several, which know nothing of each other.</returns>
    /// <exception cref="ArgumentNullException">The character or the name is null.</exception>
    /// <exception cref="ArgumentException">
    /// The character belongs to another stage, or the partner's name is blank, too long, of more than one line, no valid Unicode, or one that the
    /// layout cannot tell from its own marks or the character.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MostTalks"/> open talks, the sides of exchanges included.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public Talk Open(Npc npc, string partner = PlayerName)
    {
        CheckNpc(npc);
        ArgumentException.ThrowIfNullOrWhiteSpace(partner);
        if (!Personas.PersonaRules.IsName(partner))
        {
            throw new ArgumentException($"A partner's name is one line of at most {Persona.LongestName} characters of Unicode.", nameof(partner));
        }

        RequireTellable(npc, partner);
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RequireRoom(_talks.Count + 1, MostTalks, "talks");
            Talk talk = new(npc, partner, SeedOf(_opened), _opened, null);
            _opened++;
            _talks.Add(talk);
            return talk;
        }
    }

    /// <summary>Opens a talk of two characters with each other. Nothing is said until <see cref="Exchange.Begin"/>.</summary>
    /// <param name="first">The one that will say the opening line.</param>
    /// <param name="second">The one that will answer.</param>
    /// <returns>The exchange; its sides are talks of their own, apart from those with the player. Allocates.</returns>
    /// <exception cref="ArgumentNullException">A character is null.</exception>
    /// <exception cref="ArgumentException">
    /// They belong to another stage, are the same, or have names that the layout cannot tell from each other.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no room for two more among <see cref="MostTalks"/> open talks.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public Exchange OpenBetween(Npc first, Npc second)
    {
        CheckNpc(first);
        CheckNpc(second);
        if (first == second)
        {
            throw new ArgumentException($"{first.Name} cannot talk with itself.", nameof(second));
        }

        RequireTellable(first, second.Name);
        RequireTellable(second, first.Name);
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            RequireRoom(_talks.Count + 2, MostTalks, "talks");
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
    /// <see cref="GrammarCompiler"/> says. Does nothing if the stage knows it. Allocates; ticks of other threads go on meanwhile.
    /// </summary>
    /// <param name="grammar">The grammar; known by reference afterwards, and kept as long as the stage.</param>
    /// <exception cref="ArgumentNullException">The grammar is null.</exception>
    /// <exception cref="GrammarException">It cannot be compiled, or has texts that contain the end of an answer.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Prepare(Grammar grammar)
    {
        RequireAlive();
        RequestGrammar(grammar, isAside: false);
    }

    /// <summary>
    /// Ends a run in the background, waits for a tick that another thread is in, and frees the engine's memory. Can be called more than once,
    /// from any thread. The model stays.
    /// </summary>
    /// <exception cref="InvalidOperationException">A listener called it, from within the tick.</exception>
    public void Dispose()
    {
        RefuseListener();
        CloseBackground();
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

    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    internal void RequireAlive()
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
        }
    }

    private static void RequireRoom(int count, int most, string what)
    {
        if (count > most)
        {
            throw new InvalidOperationException($"A stage has at most {most} {what}: close some, or make another stage.");
        }
    }

    private void RequireTellable(Npc npc, string partner)
    {
        if (Prompts.AreConfused(npc.Name, partner) || Prompts.CardMarks(npc.Name).FindIn(partner) is not null)
        {
            throw new ArgumentException(
                $"In the stage's layout {npc.Name} could not tell what '{partner}' says from its own words: give one of them another name.");
        }
    }

    private ulong SeedOf(int talk) => SeedSequence.Derive(_seed, (ulong)talk);

    private void CheckNpc(Npc npc)
    {
        ArgumentNullException.ThrowIfNull(npc);
        if (npc.Stage != this)
        {
            throw new ArgumentException($"{npc.Name} belongs to another stage.", nameof(npc));
        }
    }
}
