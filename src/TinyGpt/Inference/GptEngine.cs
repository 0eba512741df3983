using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Format;
using TinyGpt.Inference;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Sampling;

namespace TinyGpt;

/// <summary>
/// Computes all sessions of one model together, in one pass over the weights, within a time budget. All memory is allocated when the
/// engine is made. A step allocates nothing. Results do not depend on the tier, the threads, the budgets, or which sessions run
/// together. Not thread-safe. An engine and its sessions belong to one thread at a time.
/// </summary>
public sealed partial class GptEngine : IDisposable
{
    private readonly KvArena _arena;
    private readonly Decoder _decoder;
    private readonly Sampler _sampler;
    private readonly List<GptSession> _sessions;
    private readonly Stack<KvSequence> _freeSequences;
    private readonly int _maxLookupTokens;
    private int _entered;
    private bool _disposed;

    /// <summary>Makes an engine and allocates all the memory it will ever use.</summary>
    /// <param name="model">The model; must stay alive as long as the engine.</param>
    /// <param name="options">The engine's size; null for one sequence on one thread.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="KernelTierException">The tier asked for, or every tier, is not supported by this processor.</exception>
    /// <exception cref="OutOfMemoryException">The system has not that much memory.</exception>
    public GptEngine(GptModel model, GptEngineOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new GptEngineOptions();
        options.Validate();
        KernelTier tier = KernelTiers.Select(options.Tier);
        Model = model;
        MemoryPlan = MemoryPlan.For(model.Config, model.Info.Tensors, options);
        _arena = new KvArena(model.Config, options.PagesFor(model.Config), options.MaxSequences, options.KvPrecision);
        _decoder = Decoder.Create(tier, model.Config, model.Weights, _arena, options.Limits);
        _sampler = new Sampler(LogitKernels.Of(tier), model.Config.VocabularySize);
        _sessions = new List<GptSession>(options.MaxSequences);
        _freeSequences = new Stack<KvSequence>(_arena.Sequences.Reverse());
        _shares = new Share[options.MaxSequences];
        _maxLookupTokens = options.MaxLookupTokens;
        ContextLength = options.ContextFor(model.Config);
    }

    /// <summary>The model that the engine computes.</summary>
    public GptModel Model { get; }

    /// <summary>The memory of the engine and its model.</summary>
    public MemoryPlan MemoryPlan { get; }

    /// <summary>The kernel tier in use.</summary>
    public KernelTier Tier => _decoder.Tier;

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => _decoder.Threads;

    /// <summary>
    /// The maximum number of tokens in a sequence of this engine: the model's context, or less if
    /// <see cref="GptEngineOptions.PlannedContext"/> or <see cref="GptEngineOptions.KvPages"/> have room for less.
    /// </summary>
    public int ContextLength { get; }

    /// <summary>Sessions that can still be made.</summary>
    public int FreeSequences => _freeSequences.Count;

    /// <summary>Pages of 64 positions in the KV arena.</summary>
    public int KvPages => _arena.Pages;

    /// <summary>Pages that no session holds.</summary>
    public int FreeKvPages => _arena.FreePages;

    /// <summary>Positions whose keys and values one page of the KV arena holds.</summary>
    public const int PositionsPerPage = AttentionHead.PositionsPerPage;

    /// <summary>Tokens computed since the engine was made: read tokens, generated tokens and rejected draft tokens.</summary>
    public long ComputedTokens { get; private set; }

    /// <summary>Sees all logits of a token before the next token is chosen from them; for tests of bit identity.</summary>
    internal LogitsObserver? ObserveLogits { get; set; }

    /// <summary>The time that each <see cref="Stage"/> of all forward passes took so far, in ticks of the system's stopwatch; for profiles.</summary>
    internal ReadOnlySpan<StageTime> StageTimes => _decoder.StageTimes;

    /// <summary>How often a worker was sent to sleep because other programs share the processors.</summary>
    internal int WorkerRests => _decoder.WorkerRests;

    internal delegate void LogitsObserver(GptSession session, ReadOnlySpan<float> logits);

    /// <summary>Makes a session with an empty sequence.</summary>
    /// <param name="sampling">How it chooses tokens; null for greedy.</param>
    /// <param name="options">How it answers; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of range, or more than the engine was made for.</exception>
    /// <exception cref="InvalidOperationException">All sequences are in use: dispose a session, or make the engine with more <see cref="GptEngineOptions.MaxSequences"/>.</exception>
    public GptSession CreateSession(SamplingOptions? sampling = null, SessionOptions? options = null)
    {
        using Guard guard = Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        sampling ??= SamplingOptions.Greedy;
        options ??= new SessionOptions();
        sampling.Validate(Model.Config.VocabularySize);
        Check(options);
        if (!_freeSequences.TryPeek(out KvSequence? sequence))
        {
            throw new InvalidOperationException(
                $"All {_arena.Sequences.Length} sequences of the engine are in use: dispose a session, or raise MaxSequences.");
        }

        GptSession session = new(this, sequence, sampling, options);
        _freeSequences.Pop();
        _sessions.Add(session);
        return session;
    }

    /// <summary>Makes the session that was saved with <see cref="GptSession.Save(Stream, bool)"/>.</summary>
    /// <param name="source">Positioned at the save's first byte; read to the save's end and left open.</param>
    /// <param name="sampling">How it chooses tokens; its seed is not used, because the generator continues where it was. Null for greedy.</param>
    /// <param name="options">How it answers; null for the defaults.</param>
    /// <param name="name">The source's name in errors.</param>
    /// <returns>The session. If the arena had too few pages for saved keys and values, they are computed again from the tokens.</returns>
    /// <exception cref="SnapshotException">The save is damaged, or belongs to another model. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">All sequences are in use.</exception>
    public GptSession Restore(Stream source, SamplingOptions? sampling = null, SessionOptions? options = null, string name = "stream")
    {
        ArgumentNullException.ThrowIfNull(source);
        GptSession session = CreateSession(sampling, options);
        try
        {
            using Guard guard = Enter();
            SessionSnapshot.Read(session, _arena, source, name);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Makes the session that was saved to a file. See <see cref="Restore(Stream, SamplingOptions, SessionOptions, string)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sampling">How it chooses tokens; null for greedy.</param>
    /// <param name="options">How it answers; null for the defaults.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="SnapshotException">The save is damaged, or belongs to another model. Nothing has changed.</exception>
    public GptSession Restore(string path, SamplingOptions? sampling = null, SessionOptions? options = null)
    {
        using FileStream stream = RegularFile.OpenRead(path, static (file, problem) => new SnapshotException(file, problem));
        return Restore(stream, sampling, options, path);
    }

    /// <summary>
    /// Advances the sessions within the budget: reads prompts, generates tokens. What the budget cuts off continues in the next call.
    /// </summary>
    /// <param name="budget">How long to work.</param>
    /// <param name="cancellation">Checked between slices. After a cancellation the engine can be stepped again and loses nothing.</param>
    /// <returns>Whether there is more to do.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was signalled.</exception>
    /// <exception cref="NonFiniteLogitsException">
    /// The model gave a session logits that are not finite. That session's answer has ended with
    /// <see cref="FinishReason.NonFiniteLogits"/>; the others go on with the next call.
    /// </exception>
    /// <exception cref="InvalidOperationException">The engine is in use on another thread.</exception>
    public StepStatus Step(StepBudget budget, CancellationToken cancellation = default)
    {
        using Guard guard = Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        StepClock clock = budget.Start();
        long passesLeft = budget.MostPasses;
        while (true)
        {
            if (_shareCount == 0 && !TryComposePass())
            {
                return IdleOrWaiting();
            }

            if (_decoder.IsUnderway && !_decoder.Advance(budget, ref clock, cancellation))
            {
                return StepStatus.Working;
            }

            if (!TryGenerate(ref clock, cancellation))
            {
                return StepStatus.Working;
            }

            if (--passesLeft == 0)
            {
                return _sessions.Exists(CanGoOn) ? StepStatus.Working : IdleOrWaiting();
            }
        }
    }

    /// <summary>Ends the threads and frees the engine's memory. Its sessions cannot be used any more.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        using Guard guard = Enter();
        _disposed = true;
        _shareCount = 0;
        _decoder.Dispose();
        _arena.Dispose();
    }

    /// <summary>Checks options of a session.</summary>
    /// <exception cref="ArgumentException">An option is out of range, or more than the engine was made for.</exception>
    internal void Check(SessionOptions options)
    {
        options.Validate(Model.Config.VocabularySize);
        if (options.LookupTokens > _maxLookupTokens)
        {
            throw new ArgumentException(
                $"LookupTokens is {options.LookupTokens}, and the engine was made for {_maxLookupTokens}: raise MaxLookupTokens.",
                nameof(options));
        }
    }

    /// <summary>Claims the engine for the calling thread until the guard is disposed.</summary>
    internal Guard Enter()
    {
        if (Interlocked.Exchange(ref _entered, 1) != 0)
        {
            throw new InvalidOperationException("The engine or one of its sessions is in use on another thread.");
        }

        return new Guard(this);
    }

    internal void Write(GptSession session, Stream destination, bool keysAndValues)
    {
        if (keysAndValues)
        {
            _decoder.FinishCopies();
        }

        SessionSnapshot.Write(session, _arena, destination, keysAndValues);
    }

    /// <summary>Takes a session that is being disposed out of the engine.</summary>
    internal void Remove(GptSession session)
    {
        AbandonPassOf(session);
        _sessions.Remove(session);
        _freeSequences.Push(session.Cache);
    }

    private StepStatus IdleOrWaiting()
    {
        foreach (GptSession session in _sessions)
        {
            if (session.IsBusy)
            {
                return StepStatus.Waiting;
            }
        }

        return StepStatus.Idle;
    }

    /// <summary>Releases what <see cref="Enter"/> claimed.</summary>
    internal readonly ref struct Guard(GptEngine engine)
    {
        public void Dispose() => Volatile.Write(ref engine._entered, 0);
    }
}
