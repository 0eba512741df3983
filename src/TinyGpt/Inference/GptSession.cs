using System.Text;
using TinyGpt.Cache;
using TinyGpt.Format;
using TinyGpt.Sampling;
using TinyGpt.Snapshots;

namespace TinyGpt;

/// <summary>
/// One sequence of an engine: text goes in, <see cref="GptEngine.Step"/> reads it and generates the answer, text comes out. Sessions of
/// one engine are computed together and never influence each other. Not thread-safe: an engine and its sessions belong to one thread at
/// a time, and use from two at once throws <see cref="InvalidOperationException"/>.
/// </summary>
public sealed partial class GptSession : IDisposable
{
    // A text that ends inside a character ends with a U+FFFD: three bytes in place of one at least. Stopping and continuing during a forward pass
    // ends a text after the pass has made sure that its token fits.
    private const int FlushGrowth = 2;

    private readonly TextOutput? _output;
    private readonly int[] _tokens;
    private SamplingOptions _givenSampling;
    private SamplingOptions _sampling;
    private SessionOptions _options;
    private DeterministicRandom _random;
    private int _count;
    private int _pinned;
    private int _answerStart;
    private int _remaining;
    private bool _disposed;

    internal GptSession(GptEngine engine, KvSequence cache, SamplingOptions sampling, SessionOptions options)
    {
        Engine = engine;
        Cache = cache;
        _givenSampling = sampling;
        _sampling = sampling.Frozen();
        _options = options;
        _random = new DeterministicRandom(sampling.Seed);
        _tokens = new int[engine.ContextLength + 1];
        if (engine.Model.Tokenizer is { } tokenizer)
        {
            StopSequences stops = new(options.StopPatterns);
            _output = new TextOutput(OutputCapacity(tokenizer, options), stops);
        }
        else
        {
            RefuseStopStrings(options);
        }
    }

    /// <summary>The tokens of the sequence: everything appended and generated, and not dropped by a sliding window. Valid until the next call.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>The tokens of the answer under way or last finished, as far as the sequence still holds them. Valid until the next call.</summary>
    public ReadOnlySpan<int> AnswerTokens => _tokens.AsSpan(_answerStart, _count - _answerStart);

    /// <summary>Tokens generated in the answer under way or last finished.</summary>
    public int GeneratedTokens { get; private set; }

    /// <summary>Why the last answer ended; <see cref="FinishReason.None"/> while one is under way or none was asked for.</summary>
    public FinishReason Finish { get; private set; }

    /// <summary>Whether <see cref="GptEngine.Step"/> has something to do for this session.</summary>
    public bool IsBusy => Finish == FinishReason.None && (IsAnswering || Pending > 0);

    internal KvSequence Cache { get; }

    internal GptEngine Engine { get; }

    internal ReadOnlySpan<byte> UnreadText => _output is null ? [] : _output.Unread;

    internal ReadOnlySpan<byte> HeldText => _output is null ? [] : _output.Held;

    /// <summary>Tokens that have no keys and values yet.</summary>
    internal int Pending => _count - Cache.Length;

    /// <summary>Whether an answer is under way.</summary>
    internal bool IsAnswering { get; private set; }

    /// <summary>Whether the session waits for the reader to make room.</summary>
    internal bool IsWaitingForReader =>
        IsAnswering && _output is not null && _output.FreeBytes < Engine.Model.Tokenizer!.Vocabulary.LongestToken + FlushGrowth;

    /// <summary>
    /// Appends text and has it answered. An empty sequence starts with the model's begin-of-text token, if it has one.
    /// </summary>
    /// <param name="utf8">The text; with an empty one the sequence is just continued. Special tokens in it are ordinary text.</param>
    /// <param name="answer">False to read the text only: a persona, say, or what others say.</param>
    /// <exception cref="InvalidOperationException">The model has no tokenizer.</exception>
    /// <exception cref="ArgumentException">The text and the sequence are both empty.</exception>
    /// <exception cref="ContextOverflowException">The text does not fit, and the policy cannot make room. Nothing has changed.</exception>
    /// <exception cref="TokenizationException">The vocabulary has no token for a byte of the text.</exception>
    public void Append(ReadOnlySpan<byte> utf8, bool answer = true)
    {
        Tokenizer tokenizer = Engine.Model.Tokenizer
            ?? throw new InvalidOperationException("The model has no tokenizer: append token ids.");
        Append(
            _count == 0 && !utf8.IsEmpty
                ? tokenizer.EncodeDocument(utf8)
                : tokenizer.Encode(utf8, position: tokenizer.PositionAfter(_count == 0 ? -1 : _tokens[_count - 1])),
            answer);
    }

    /// <summary>Appends text and has it answered. See <see cref="Append(ReadOnlySpan{byte}, bool)"/>.</summary>
    public void Append(string text, bool answer = true) => Append(Encoding.UTF8.GetBytes(text), answer);

    /// <summary>Appends tokens and has them answered.</summary>
    /// <param name="tokens">Ids in the vocabulary; none just continues the sequence.</param>
    /// <param name="answer">False to read the tokens only.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    /// <exception cref="ArgumentException">No tokens, and the sequence is empty.</exception>
    /// <exception cref="ContextOverflowException">They do not fit, and the policy cannot make room. Nothing has changed.</exception>
    public void Append(ReadOnlySpan<int> tokens, bool answer = true)
    {
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckIds(tokens, nameof(tokens));
        if (tokens.Length + _count == 0)
        {
            throw new ArgumentException("There is nothing to continue: append text, or the end-of-text token for an unconditional sample.", nameof(tokens));
        }

        RequireRoom(tokens.Length);
        EndScore();
        AddTokens(tokens);
        Finish = FinishReason.None;
        if (answer)
        {
            BeginAnswer();
        }
    }

    /// <summary>Appends the end-of-text token and has it answered: an unconditional sample, or the start of a new document.</summary>
    /// <exception cref="InvalidOperationException">The model has no such token.</exception>
    public void AppendEndOfText() => Append(
        [Engine.Model.Config.EndOfTextToken ?? throw new InvalidOperationException("The model has no end-of-text token.")]);

    /// <summary>
    /// Continues generating from the end of the sequence, with a fresh <see cref="SessionOptions.MaxNewTokens"/>. If the last answer was cut inside a
    /// character, the rest of the character completes it.
    /// </summary>
    /// <exception cref="ArgumentException">The sequence is empty.</exception>
    public void Continue() => Append(ReadOnlySpan<int>.Empty);

    /// <summary>Ends the answer under way; its text so far stays readable and its tokens stay in the sequence.</summary>
    public void Stop()
    {
        using GptEngine.Guard guard = Engine.Enter();
        if (IsAnswering)
        {
            EndAnswer(FinishReason.Stopped);
        }
    }

    /// <summary>
    /// Says that a cut answer will not continue. If it was cut inside a character, that character becomes a readable U+FFFD.
    /// </summary>
    /// <exception cref="InvalidOperationException">An answer is under way.</exception>
    public void EndText()
    {
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsAnswering)
        {
            throw new InvalidOperationException("An answer is under way: stop it before its text ends.");
        }

        _output?.Flush();
    }

    /// <summary>Pins the whole sequence as it is: a sliding window never drops it.</summary>
    public void Pin() => _pinned = _count;

    /// <summary>
    /// Copies text that was generated and not yet read: whole UTF-8 characters, never part of a stop string. Allocates nothing. The
    /// beginning of a character with which an answer was cut (by its length, a full context or arena, or <see cref="Stop"/>) waits for
    /// <see cref="Continue"/>; if something else is appended, or with <see cref="EndText"/>, it becomes a U+FFFD.
    /// </summary>
    /// <param name="destination">Where to; 4 bytes or more, so that any character fits.</param>
    /// <param name="written">How many bytes were written.</param>
    /// <returns>Whether anything was.</returns>
    public bool TryRead(Span<byte> destination, out int written)
    {
        using GptEngine.Guard guard = Engine.Enter();
        written = 0;
        return _output is not null && _output.TryRead(destination, out written);
    }

    /// <summary>Makes a new session that begins with this one's sequence. Computed keys and values are shared, not copied.</summary>
    /// <param name="sampling">How it chooses tokens; null for this session's options. Its generator starts from its own seed.</param>
    /// <param name="options">How it answers; null for this session's options.</param>
    /// <exception cref="InvalidOperationException">All of the engine's sequences are in use.</exception>
    public GptSession Fork(SamplingOptions? sampling = null, SessionOptions? options = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        GptSession fork = Engine.CreateSession(sampling ?? _sampling, options ?? _options);
        fork.Cache.Share(Cache, Cache.Length);
        Tokens.CopyTo(fork._tokens);
        fork._count = _count;
        fork._pinned = _pinned;
        fork._answerStart = _count;
        return fork;
    }

    /// <summary>Goes back to the first tokens of the sequence and forgets the rest, unread text included. 0 empties the session.</summary>
    /// <param name="tokenCount">0 … the number of <see cref="Tokens"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public void Rewind(int tokenCount)
    {
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(tokenCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokenCount, _count);
        Engine.AbandonPassOf(this);
        _count = tokenCount;
        _pinned = Math.Min(_pinned, tokenCount);
        _answerStart = tokenCount;
        Cache.Truncate(tokenCount);
        IsAnswering = false;
        Finish = FinishReason.None;
        GeneratedTokens = 0;
        _scoreEnd = 0;
        _output?.Clear();
    }

    /// <summary>
    /// Saves the session: tokens, unread text, the generator's state, and where the answer is. <see cref="GptEngine.Restore(Stream, SamplingOptions, SessionOptions, string)"/>
    /// with the same model and options goes on with the same bits. Can be called between any two steps.
    /// </summary>
    /// <param name="destination">Where to; stays open.</param>
    /// <param name="keysAndValues">Whether the computed keys and values are saved too: much larger, but nothing has to be read again.</param>
    /// <exception cref="IOException">The stream cannot be written; the session is unharmed.</exception>
    public void Save(Stream destination, bool keysAndValues = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        Engine.Write(this, destination, keysAndValues);
    }

    /// <summary>
    /// Saves the session to a file. The file is replaced when the new save is complete and on the disk. So even if the process is killed, the old save
    /// or the new one is there.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="keysAndValues">As for <see cref="Save(Stream, bool)"/>.</param>
    public void Save(string path, bool keysAndValues = false) => AtomicFile.Write(path, stream => Save(stream, keysAndValues));

    /// <summary>Gives the session's pages and its place in the engine back.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        using GptEngine.Guard guard = Engine.Enter();
        _disposed = true;
        Engine.Remove(this);
        Cache.Truncate(0);
    }

    /// <summary>What a snapshot's header says of this session; the cache is the writer's affair.</summary>
    internal SnapshotHeader Describe() => new()
    {
        Tokens = _count,
        Pinned = _pinned,
        AnswerStart = _answerStart,
        Generated = GeneratedTokens,
        Remaining = _remaining,
        IsAnswering = IsAnswering && !IsScoring,
        ConstraintState = IsAnswering && !IsScoring ? _constraintState : NoState,
        Finish = Finish,
        Unread = UnreadText.Length,
        Held = HeldText.Length,
        Random = _random.State,
    };

    /// <summary>Becomes the session that was saved. This one must be new.</summary>
    /// <param name="saved">The save's header.</param>
    /// <param name="tokens">The sequence.</param>
    /// <param name="unread">Text that can be read.</param>
    /// <param name="held">Text that was held back.</param>
    /// <param name="positions">Positions whose keys and values are in the cache's pages.</param>
    /// <param name="problem">Why the save does not fit this session's options, or empty.</param>
    /// <returns>Whether it fits.</returns>
    internal bool TryBecome(
        in SnapshotHeader saved, ReadOnlySpan<int> tokens, ReadOnlySpan<byte> unread, ReadOnlySpan<byte> held, int positions, out string problem)
    {
        bool constrained = saved.ConstraintState != NoState;
        int state = saved.ConstraintState;
        problem = constrained && _options.Constraint is null ? "its answer under way has a constraint, and SessionOptions.Constraint is null"
            : constrained && !CanGoOn(_options.Constraint!, saved, tokens, out state) ? "its answer under way has another constraint"
            : (_output is null ? unread.Length + held.Length > 0 : !_output.TryRestore(unread, held))
                ? $"it has {unread.Length + held.Length} bytes of unread text, more than OutputCapacity holds"
            : "";
        if (problem.Length > 0)
        {
            return false;
        }

        _constraint = constrained ? _options.Constraint : null;
        _constraintState = state;
        tokens.CopyTo(_tokens);
        Cache.Advance(positions);
        _count = saved.Tokens;
        _pinned = saved.Pinned;
        _answerStart = saved.AnswerStart;
        GeneratedTokens = saved.Generated;
        _remaining = saved.Remaining;
        IsAnswering = saved.IsAnswering;
        Finish = saved.Finish;
        _random = new DeterministicRandom(saved.Random);
        return true;
    }

    /// <summary>Whether a constraint allowed a saved answer, and its state.</summary>
    private static bool CanGoOn(TokenConstraint constraint, in SnapshotHeader saved, ReadOnlySpan<int> tokens, out int state)
    {
        state = constraint.HasLastingStates ? saved.ConstraintState : constraint.Replay(tokens[saved.AnswerStart..saved.Tokens]);
        return constraint.IsState(state) && (constraint.HasLastingStates || !constraint.IsComplete(state));
    }
}
