using TinyGpt.Constraints;
using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Grammars;
using TinyGpt.Dialogue.Personas;
using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Saves;
using TinyGpt.Dialogue.Stage;
using TinyGpt.Dialogue.Talks;
using TinyGpt.Kernels;

namespace TinyGpt.Dialogue;

/// <summary>
/// Many characters of one model that talk with the player and with each other, all computed together within a budget a frame. The world
/// and each card are computed once and shared; idle talks give their memory to those that need it and are read again when
/// they go on. A game adds characters, opens talks, and calls <see cref="Tick"/> once a frame or <see cref="RunInBackground"/> once.
/// </summary>
/// <remarks>
/// <para>
/// What a character says depends on the model, the options, its persona, the talk's seed and what was said, and on nothing else: budgets,
/// threads, distances, other talks, eviction and saves change when words come, never which. With budgets of
/// <see cref="StepBudget.Passes"/> they even come in the same ticks on every machine.
/// </para>
/// <para>
/// The concurrency contract: members of the stage and of its characters, talks and exchanges can be called from any thread at any time. One thread at
/// a time ticks, saves or disposes, and a second one that wants to waits for it. Every other call waits for the bookkeeping between two steps of the
/// engine at most, never for a step. What is asked for of a talk or an exchange happens in the next tick, in the order of the calls. Listeners are
/// called on the thread that ticks, while nothing is locked but the tick: they may call anything but a tick, a save and the disposal. A tick allocates nothing once every talk
/// has spoken, and neither do lines (<see cref="Talk.Say(ReadOnlySpan{char})"/>), reading and distances. Making stages, adding characters, opening talks, changing
/// cards and summaries, grammars, choices, transcripts, lists and saves do. Once the stage is disposed, whatever would have it do something
/// throws <see cref="ObjectDisposedException"/>; what is there already, such as unread text and transcripts, can still be read.
/// </para>
/// </remarks>
public sealed class DialogueStage : IDisposable
{
    /// <summary>The most characters on a stage.</summary>
    public const int MaxNpcs = 4096;

    /// <summary>The most open talks on a stage; an exchange counts as two.</summary>
    public const int MaxTalks = 4096;

    /// <summary>What the player is called in talks unless they say otherwise.</summary>
    public const string PlayerName = PromptWriter.PlayerName;

    private readonly StageCore _core;
    private readonly TickLoop _loop;

    /// <summary>Makes a stage without characters, and its engine with all the memory it will use.</summary>
    /// <param name="model">The model, which stays the caller's and must stay alive as long as the stage. Any number of stages can share it.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <exception cref="ArgumentNullException">The model, or what an option must have, is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range; names it.</exception>
    /// <exception cref="ArgumentException">
    /// The model has no tokenizer, or one that changes the text that ends an answer; the world cannot be written with its vocabulary; the layout
    /// lacks a slot or has one that it does not know; or the arena is too small for the world and one talk.
    /// </exception>
    /// <exception cref="KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public DialogueStage(GptModel model, StageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new StageOptions();
        options.Validate();
        _core = new StageCore(model, options);
        _loop = new TickLoop(_core);
    }

    /// <summary>The model that speaks. It is not the stage's to dispose.</summary>
    public GptModel Model => _core.Engine.Model;

    /// <summary>
    /// What the engine and its model take of memory, in bytes, all of it from the beginning on. An open talk takes managed memory beside it: 8
    /// bytes a token of the model's context and some 12 KB.
    /// </summary>
    public MemoryPlan MemoryPlan => _core.Engine.MemoryPlan;

    /// <summary>
    /// Tokens that were read or generated so far, those that were read again included; 0 for a new stage and for one of a save. Exact between
    /// ticks; while another thread ticks, a figure to watch.
    /// </summary>
    public long ComputedTokens => _core.Engine.ComputedTokens;

    /// <summary>The characters, in the order in which they were added. A copy, which allocates.</summary>
    public IReadOnlyList<Npc> Npcs
    {
        get
        {
            lock (_core.Gate)
            {
                return [.. _core.Npcs];
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
            lock (_core.Gate)
            {
                return [.. _core.Talks.Where(talk => talk.Run.Exchange is null)];
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
            lock (_core.Gate)
            {
                return [.. _core.Exchanges];
            }
        }
    }

    /// <summary>Ticks so far, those of a run in the background included; 0 for a new stage, and the saved number for one of a save.</summary>
    public long Ticks
    {
        get
        {
            lock (_core.Gate)
            {
                return _core.Ticks;
            }
        }
    }

    /// <summary>Adds a character, which stays as long as the stage. Allocates.</summary>
    /// <param name="persona">The character's data, copied. Later changes of its lists have no effect. The game changes the character instead.</param>
    /// <returns>The character, to be talked to and changed. Names need not differ.</returns>
    /// <exception cref="ArgumentNullException">The persona is null.</exception>
    /// <exception cref="PersonaException">The persona is not valid, or has a text that contains what the layout marks turns with.</exception>
    /// <exception cref="ArgumentException">Its card does not fit the model's context, or cannot be written with its vocabulary.</exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxNpcs"/> characters.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public Npc Add(Persona persona)
    {
        ArgumentNullException.ThrowIfNull(persona);
        PersonaRules.Check(persona, persona.Name ?? nameof(persona));
        lock (_core.Gate)
        {
            _core.RequireAlive();
            RequireRoom(_core.Npcs.Count + 1, MaxNpcs, "characters");
            Npc npc = new(_core, this, _core.Roster.Add(persona.Frozen(), _core.Prompts));
            _core.Npcs.Add(npc);
            return npc;
        }
    }

    /// <summary>Opens a talk of a character with the player, or with another speaker of the game. Allocates.</summary>
    /// <param name="npc">A character of this stage.</param>
    /// <param name="partner">
    /// What the layout calls the partner; one line of at most <see cref="Persona.MaxNameLength"/> characters (UTF-16), not blank, without what the
    /// layout marks turns with, and not such that the layout would write the partner's turns like the character's own.
    /// </param>
    /// <returns>The talk, in which nothing is said yet. A character can have several, which know nothing of each other.</returns>
    /// <exception cref="ArgumentNullException">The character or the name is null.</exception>
    /// <exception cref="ArgumentException">
    /// The character belongs to another stage, or the partner's name is blank, too long, of more than one line, no valid Unicode, or one that the
    /// layout cannot tell from its own marks or the character.
    /// </exception>
    /// <exception cref="InvalidOperationException">There are <see cref="MaxTalks"/> open talks, the sides of exchanges included.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public Talk Open(Npc npc, string partner = PlayerName)
    {
        CheckNpc(npc);
        ArgumentException.ThrowIfNullOrWhiteSpace(partner);
        if (!PersonaRules.IsName(partner))
        {
            throw new ArgumentException($"A partner's name is one line of at most {Persona.MaxNameLength} characters of Unicode.", nameof(partner));
        }

        RequireTellable(npc, partner);
        lock (_core.Gate)
        {
            _core.RequireAlive();
            RequireRoom(_core.Talks.Count + 1, MaxTalks, "talks");
            return OpenTalk(npc, partner);
        }
    }

    /// <summary>Opens a talk of two characters with each other. Nothing is said until <see cref="Exchange.Begin"/>.</summary>
    /// <param name="first">The one that will say the opening line.</param>
    /// <param name="second">The one that will answer.</param>
    /// <returns>The exchange; its sides are separate talks, apart from those with the player. Allocates.</returns>
    /// <exception cref="ArgumentNullException">A character is null.</exception>
    /// <exception cref="ArgumentException">
    /// They belong to another stage, are the same, or have names that the layout cannot tell from each other.
    /// </exception>
    /// <exception cref="InvalidOperationException">There is no room for two more among <see cref="MaxTalks"/> open talks.</exception>
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
        lock (_core.Gate)
        {
            _core.RequireAlive();
            RequireRoom(_core.Talks.Count + 2, MaxTalks, "talks");
            Talk firstSide = OpenTalk(first, second.Name);
            Talk secondSide = OpenTalk(second, first.Name);
            ExchangeTurns turns = new(firstSide.Run, secondSide.Run, _core.Context);
            Exchange exchange = new(_core, turns, firstSide, secondSide);
            _core.Roster.Exchanges.Add(turns);
            _core.Exchanges.Add(exchange);
            return exchange;
        }
    }

    /// <summary>
    /// Compiles a grammar, so that the first <see cref="Talk.Ask(ReadOnlySpan{char}, Grammar, bool)"/> with it costs nothing: some milliseconds, or more as
    /// <see cref="GrammarCompiler"/> says. Does nothing if the stage knows it. Allocates; ticks of other threads go on meanwhile.
    /// </summary>
    /// <param name="grammar">The grammar; known by reference afterwards, and kept as long as the stage.</param>
    /// <exception cref="ArgumentNullException">The grammar is null.</exception>
    /// <exception cref="GrammarException">It cannot be compiled, or has texts that contain the end of an answer.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Prepare(Grammar grammar)
    {
        lock (_core.Gate)
        {
            _core.RequireAlive();
        }

        _core.Requests.ByGrammar(grammar, new GrammarWork());
    }

    /// <summary>
    /// Compiles a constraint, so that the first <see cref="Talk.Ask(ReadOnlySpan{char}, Constraint, int?, bool)"/> with it costs nothing. The first one
    /// on a stage also reads the model's vocabulary, some tenths of a second for 128,000 tokens. Allocates; ticks of other threads go on meanwhile.
    /// </summary>
    /// <param name="constraint">The constraint; known by reference afterwards, and kept as long as the stage.</param>
    /// <exception cref="ArgumentNullException">The constraint is null.</exception>
    /// <exception cref="ConstraintException">No text of it can be written with the model's vocabulary within the layout.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Prepare(Constraint constraint)
    {
        ArgumentNullException.ThrowIfNull(constraint);
        lock (_core.Gate)
        {
            _core.RequireAlive();
        }

        _core.Requests.ByConstraint(constraint, maxTokens: 1);
    }

    /// <summary>
    /// Does what was requested since the last tick, advances all characters within the budget, and makes text readable. Never waits. A tick does
    /// one slice of work at least, about 0.1 ms.
    /// </summary>
    /// <param name="budget">
    /// How long to work: milliseconds, which include everything that the tick does but listeners that it has begun to call, or forward passes, which
    /// have words come in the same ticks on every machine.
    /// </param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <returns>
    /// Whether there is more to do: <see cref="StepStatus.Waiting"/> where all of it waits for text to be read or characters to come nearer,
    /// <see cref="StepStatus.Idle"/> if no character has anything to say.
    /// </returns>
    /// <exception cref="OperationCanceledException">
    /// <paramref name="cancellation"/> was signalled. The tick counts, and the next one goes on where it ended.
    /// </exception>
    /// <exception cref="InvalidOperationException">The stage runs in the background, or a listener ticks.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    /// <remarks>
    /// A call from a second thread waits until the first one's tick is over. What a listener throws leaves the tick. Allocates nothing once
    /// every talk has spoken.
    /// </remarks>
    public StepStatus Tick(StepBudget budget, CancellationToken cancellation = default)
    {
        if (_core.Background is not null)
        {
            throw new InvalidOperationException("The stage runs in the background: dispose the run before ticking.");
        }

        _core.RefuseListener();
        return _loop.Advance(budget, cancellation);
    }

    /// <summary>
    /// Ticks on a thread of the stage from now on, one forward pass after another on the engine's workers, and sleeps while there is nothing to do; the
    /// game says lines and reads text as before. Words are those of a stage that is ticked; in which tick they come depends on time.
    /// </summary>
    /// <returns>The run; dispose it to stop, within a slice of about 0.1 ms, and tick again.</returns>
    /// <exception cref="InvalidOperationException">The stage runs in the background already.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public BackgroundRun RunInBackground()
    {
        lock (_core.Gate)
        {
            return _core.BeginBackground(_loop);
        }
    }

    /// <summary>
    /// Saves the stage: characters with their cards and moods, talks with all their tokens and seeds, unread text, and answers under way.
    /// What was asked for since the last tick is done first. Can be called between any two ticks, and while the stage runs in the background.
    /// Waits for a tick or a forward pass under way, and makes other calls wait until all is written. Allocates. Listeners and prepared grammars are not
    /// saved.
    /// </summary>
    /// <param name="destination">Where to, a game's save stream for instance; written from its position and left open. Need not seek.</param>
    /// <param name="keysAndValues">Whether computed keys and values are saved too: much larger, but nothing has to be read again.</param>
    /// <exception cref="ArgumentNullException">The stream is null.</exception>
    /// <exception cref="IOException">The stream cannot be written; the stage is unharmed.</exception>
    /// <exception cref="NotSupportedException">The stream is not one to write to; the stage is unharmed.</exception>
    /// <exception cref="InvalidOperationException">
    /// A listener calls: save when the tick is over. Or answers within more than 64 different constraints are under way.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void Save(Stream destination, bool keysAndValues = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _core.RefuseListener();
        lock (_core.Ticking)
        {
            lock (_core.Gate)
            {
                _core.RequireAlive();
                _core.ApplyInputs(_core.Ticks + 1);
                SnapshotWriter.Write(destination, Model, _core.Roster, _core.Ticks, keysAndValues);
            }
        }
    }

    /// <summary>Makes the stage that was saved with <see cref="Save"/>; it says what that one would have said. Allocates.</summary>
    /// <param name="source">Stands at the save's first byte; is read to the save's end and left open. Need not seek.</param>
    /// <param name="model">The same model; must stay alive as long as the stage.</param>
    /// <param name="options">
    /// As the saved stage's, but for the engine, whose size, threads and tier may differ, and the seed, which is the saved one's. Null for
    /// the defaults. Layout and world count from the next answers on.
    /// </param>
    /// <param name="name">What errors call the source.</param>
    /// <returns>The stage; characters, talks and exchanges are in its lists in their old order. Listeners are to be given again.</returns>
    /// <exception cref="ArgumentNullException">The stream, the model or what an option must have is null.</exception>
    /// <exception cref="StageSaveException">
    /// The save is damaged, contradicts itself, belongs to another model, or does not fit the options, its grammars take too much work to compile,
    /// or the stream cannot be read.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of range, as for the constructor.</exception>
    /// <exception cref="KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public static DialogueStage Restore(Stream source, GptModel model, StageOptions? options = null, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(source);
        DialogueStage stage = new(model, options);
        try
        {
            lock (stage._core.Ticking)
            {
                lock (stage._core.Gate)
                {
                    stage._core.Restore(stage, source, name);
                }
            }

            return stage;
        }
        catch (Exception exception)
        {
            stage.Dispose();
            throw exception is PersonaException or GrammarException or ConstraintException or SnapshotException or ArgumentException
                ? new StageSaveException(name, $"it does not fit: {exception.Message}", exception)
                : exception is StageSaveException ? exception : new StageSaveException(name, "it cannot be read", exception);
        }
    }

    /// <summary>
    /// Ends a run in the background, waits for a tick that another thread is in, and frees the engine's memory. Can be called more than once,
    /// from any thread. The model stays.
    /// </summary>
    /// <exception cref="InvalidOperationException">A listener called it, from within the tick.</exception>
    public void Dispose()
    {
        _core.RefuseListener();
        _core.Dispose();
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
        if (_core.Prompts.AreConfused(npc.Name, partner) || _core.Prompts.CardMarks(npc.Name).FindIn(partner) is not null)
        {
            throw new ArgumentException(
                $"In the stage's layout {npc.Name} could not tell what '{partner}' says from its own words: give one of them another name.");
        }
    }

    private Talk OpenTalk(Npc npc, string partner)
    {
        int number = _core.Roster.OpenNext();
        AnswerRun run = new(
            new TalkRecord(_core.Prompts, npc.Character.Card, partner, _core.Roster.SeedOf(number), number), _core.Context);
        Talk talk = new(_core, npc, run);
        _core.Roster.Runs.Add(run);
        _core.Talks.Add(talk);
        return talk;
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
