using TinyGpt.Dialogue.Answers;
using TinyGpt.Dialogue.Inbox;
using TinyGpt.Dialogue.Prompts;
using TinyGpt.Dialogue.Saves;
using TinyGpt.Dialogue.Scheduling;
using TinyGpt.Kernels;

namespace TinyGpt.Dialogue.Stage;

/// <summary>
/// What a stage is made of, and the two locks that it is kept by. <see cref="Ticking"/> is held while the stage ticks, saves or is disposed; the engine
/// and its sessions belong to that thread. <see cref="Gate"/> is held for the bookkeeping between two steps of the engine, and whatever else is here
/// belongs to its holder. A thread that needs both takes <see cref="Ticking"/> first. Listeners are called with <see cref="Ticking"/> held and
/// <see cref="Gate"/> free, so that they can call everything that takes only the gate. Grammars have a separate lock, within which no other lock is taken.
/// </summary>
internal sealed class StageCore : IDisposable
{
    private readonly AutoResetEvent _wake = new(initialState: false);
    private volatile BackgroundRun? _background;
    private bool _isDisposed;
    private bool _isClosing; // no run may begin any more: the stage is being disposed

    /// <exception cref="ArgumentException">As for the stage's constructor.</exception>
    /// <exception cref="KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    public StageCore(GptModel model, StageOptions options)
    {
        Options = options;
        int lookupTokens = options.Engine.MaxLookupTokens;
        Roster = new Roster(options.Seed, lookupTokens);
        Tokenizer tokenizer = model.Tokenizer
            ?? throw new ArgumentException("The model has no tokenizer, so it cannot write texts.", nameof(model));
        int contextLength = Math.Min(model.Config.ContextLength, options.Engine.PlannedContext ?? int.MaxValue);
        Prompts = new PromptWriter(options.Layout, tokenizer, contextLength, options.World);
        Prompts.CheckTokenizer();
        Context = new AnswerContext(Prompts, tokenizer);
        Requests = new RequestFactory(model, Prompts, lookupTokens);
        Engine = new GptEngine(model, options.Engine);
        try
        {
            Sessions = new SessionPool(Engine);
            PageReservations reservations = new(Engine, Sessions, Roster, Prompts);
            Scheduler = new TurnScheduler(Roster, reservations, Context, options.FullRateDistance);
            Inbox = new StageInbox(Roster, reservations, Context);
        }
        catch
        {
            Engine.Dispose();
            throw;
        }
    }

    /// <summary>Held while the stage ticks, saves or is disposed.</summary>
    public Lock Ticking { get; } = new();

    /// <summary>Held for bookkeeping.</summary>
    public Lock Gate { get; } = new();

    public StageOptions Options { get; }

    public GptEngine Engine { get; }

    public PromptWriter Prompts { get; }

    public RequestFactory Requests { get; }

    public Roster Roster { get; }

    public AnswerContext Context { get; }

    public SessionPool Sessions { get; }

    public TurnScheduler Scheduler { get; }

    public StageInbox Inbox { get; }

    /// <summary>The characters as the game knows them; in the order of the roster's, like the two lists below.</summary>
    public List<Npc> Npcs { get; } = [];

    /// <summary>The open talks, sides of exchanges included.</summary>
    public List<Talk> Talks { get; } = [];

    public List<Exchange> Exchanges { get; } = [];

    /// <summary>Ticks so far.</summary>
    public long Ticks { get; private set; }

    /// <summary>The run in the background, or null.</summary>
    public BackgroundRun? Background => _background;

    /// <exception cref="ObjectDisposedException">The stage is disposed.</exception>
    public void RequireAlive() => ObjectDisposedException.ThrowIf(_isDisposed, typeof(DialogueStage));

    /// <summary>Whether the stage is disposed, for calls that do nothing then.</summary>
    public bool IsDisposed => _isDisposed;

    /// <summary>Refuses what would pull the tick away under the one that is calling the listener, or save half of it.</summary>
    /// <exception cref="InvalidOperationException">A listener calls, on the thread that ticks.</exception>
    public void RefuseListener()
    {
        if (Ticking.IsHeldByCurrentThread)
        {
            throw new InvalidOperationException("A listener cannot tick, save or dispose the stage that calls it: do that when the tick is over.");
        }
    }

    /// <summary>Counts a tick and does what was asked for before it.</summary>
    public void BeginTick()
    {
        Ticks++;
        ApplyInputs(Ticks);
    }

    /// <summary>Does what was asked for since the last tick, as the next one.</summary>
    public void ApplyInputs(long tick)
    {
        Context.BeginTick(tick);
        if (Inbox.Apply())
        {
            Talks.RemoveAll(static talk => talk.IsClosed);
            Exchanges.RemoveAll(static exchange => exchange.FirstSide.IsClosed);
        }
    }

    /// <summary>Becomes the stage of a save; this one must be new.</summary>
    public void Restore(DialogueStage stage, Stream source, string name)
    {
        SaveReader save = new(source, name);
        SnapshotTarget target = new(Engine, Sessions, Roster, Context, Requests)
        {
            MaxCharacters = DialogueStage.MaxNpcs,
            MaxTalks = DialogueStage.MaxTalks,
            MaxSequences = Options.Engine.MaxSequences,
        };
        Ticks = new SnapshotReader(save, name, target).Read();
        Npcs.AddRange(Roster.Characters.Select(character => new Npc(this, stage, character)));
        Dictionary<AnswerRun, Talk> talks = [];
        foreach (AnswerRun run in Roster.Runs)
        {
            Talks.Add(new Talk(this, Npcs[run.Talk.Card.Number], run));
            talks.Add(run, Talks[^1]);
        }

        Exchanges.AddRange(Roster.Exchanges.Select(turns => new Exchange(this, turns, talks[turns.First], talks[turns.Second])));
    }

    /// <summary>Tells the background that there may be something to do. The gate is held.</summary>
    public void Wake()
    {
        if (_background is not null && !_isDisposed)
        {
            _wake.Set();
        }
    }

    /// <summary>Begins a run in the background. The gate is held.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    /// <exception cref="ObjectDisposedException">The stage is disposed, or about to be.</exception>
    public BackgroundRun BeginBackground(TickLoop loop)
    {
        ObjectDisposedException.ThrowIf(_isClosing || _isDisposed, typeof(DialogueStage));
        if (_background is not null)
        {
            throw new InvalidOperationException("The stage runs in the background already.");
        }

        return _background = new BackgroundRun(this, loop);
    }

    public void WaitForWork() => _wake.WaitOne();

    public void WakeForEnd() => _wake.Set();

    public void EndBackground() => _background = null;

    /// <summary>Ends a run, if there is one, and frees the engine; has none begin any more.</summary>
    public void Dispose()
    {
        BackgroundRun? run;
        lock (Gate)
        {
            _isClosing = true;
            run = _background;
        }

        run?.Dispose();
        lock (Ticking)
        {
            lock (Gate)
            {
                if (!_isDisposed)
                {
                    _isDisposed = true;
                    Engine.Dispose();
                    _wake.Dispose();
                }
            }
        }
    }
}
