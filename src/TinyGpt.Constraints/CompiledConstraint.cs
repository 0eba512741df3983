using TinyGpt.Constraints.Matching;

namespace TinyGpt.Constraints;

/// <summary>
/// A constraint for the vocabulary of one model: what <see cref="SessionOptions.Constraint"/> takes. Any number of sessions can share
/// one; it is thread-safe, and callers wait for each other. Its members allocate nothing once its caches have grown to what its answers need.
/// </summary>
/// <remarks>
/// Sets of tokens are found out when they are first needed. States are numbers that hold until the cache is full; a session then finds
/// its state again from the answer's tokens (<see cref="IsState"/> says so), which changes nothing of the answer.
/// </remarks>
public sealed class CompiledConstraint : TokenConstraint, IDisposable
{
    private const int IndexBits = 20;
    private const int MaxForcedBytes = 64;
    private const int EpochMask = (1 << (31 - IndexBits)) - 1;

    private readonly Lock _lock = new();
    private readonly ConstraintVocabulary _vocabulary;
    private readonly ConstraintOptions _options;
    private readonly MatchingMemory _memory;
    private readonly GrammarParser _parser;
    private readonly TokenMasks _masks;
    private readonly long _grammarBytes;
    private int _epoch;
    private int _mostStates;
    private long _mostBytes;
    private bool _disposed;

    internal CompiledConstraint(Constraint source, ConstraintVocabulary vocabulary, ConstraintOptions options)
    {
        Source = source;
        _vocabulary = vocabulary;
        _options = options;
        _memory = vocabulary.Rent(options);
        _parser = _memory.Parser;
        _masks = _memory.Masks;
        _masks.Clear();
        _parser.Use(source.Grammar, vocabulary.Bytes);
        _grammarBytes = _parser.Memory.Used;
        _mostStates = options.MaxStates;
        _mostBytes = _grammarBytes + _memory.MaxParserBytes;
    }

    /// <summary>What was compiled.</summary>
    public Constraint Source { get; }

    /// <summary>Bytes of the shortest answer, 0 or more.</summary>
    public int ShortestAnswer
    {
        get
        {
            lock (_lock)
            {
                return _parser.Distance(_parser.Start);
            }
        }
    }

    /// <summary>
    /// The most bytes that it holds, for a plan of memory: <see cref="MemoryPlan.Constraints"/>. Only a single answer that cannot do with its
    /// caches, which takes more than <see cref="ConstraintOptions.MaxStates"/> states by itself, gets more.
    /// </summary>
    public long PlannedBytes => (2 * _grammarBytes) + _vocabulary.PlanBytes(_options);

    /// <summary>Bytes that it holds now.</summary>
    public long MemoryBytes
    {
        get
        {
            lock (_lock)
            {
                return _disposed ? 0 : _memory.Bytes;
            }
        }
    }

    /// <inheritdoc/>
    public override int TokenCount => _vocabulary.TokenCount;

    /// <inheritdoc/>
    public override int Start
    {
        get
        {
            lock (_lock)
            {
                return Number(_parser.Start);
            }
        }
    }

    /// <inheritdoc/>
    public override bool HasLastingStates => false;

    /// <inheritdoc/>
    public override void Allow(int state, Span<ulong> allowed)
    {
        lock (_lock)
        {
            int index = Index(state);
            TryFind(index, long.MaxValue);
            _masks.TryGet(index, out _, out ReadOnlySpan<ulong> bits);
            bits.CopyTo(allowed);
        }
    }

    /// <inheritdoc/>
    public override bool AllowWithin(int state, int tokens, Span<ulong> allowed)
    {
        lock (_lock)
        {
            int index = Index(state);
            TryFindWithin(index, tokens, long.MaxValue, out bool narrowed);
            _masks.TryGet(index, out _, out ReadOnlySpan<ulong> bits);
            (narrowed ? _masks.Scratch.Bits : bits).CopyTo(allowed);
            return narrowed;
        }
    }

    /// <inheritdoc/>
    public override bool TryPrepare(int state, int tokens, long deadline)
    {
        lock (_lock)
        {
            return TryFindWithin(Index(state), tokens, deadline, out _);
        }
    }

    /// <inheritdoc/>
    public override bool CanEnd(int state)
    {
        lock (_lock)
        {
            return _parser.IsAccepting(Index(state));
        }
    }

    /// <inheritdoc/>
    public override int Draft(int state, Span<int> tokens)
    {
        Span<byte> forced = stackalloc byte[MaxForcedBytes];
        int length;
        lock (_lock)
        {
            length = Force(Index(state), forced);
        }

        int count = 0;
        ReadOnlySpan<byte> rest = forced[..length];
        while (!rest.IsEmpty && count < tokens.Length)
        {
            int token = _vocabulary.LongestPrefix(rest, out int bytes);
            if (token < 0)
            {
                break;
            }

            tokens[count++] = token;
            rest = rest[bytes..];
        }

        return count;
    }

    /// <inheritdoc/>
    public override int Advance(int state, int token)
    {
        lock (_lock)
        {
            int index = Index(state);
            if (token == _vocabulary.EndOfText)
            {
                return Number(GrammarParser.Dead);
            }

            int next = Number(_parser.Step(index, _vocabulary.TokenBytes(token)));
            if (_parser.Size > _mostStates || _parser.Memory.Used > _mostBytes)
            {
                Forget();
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public override int Replay(ReadOnlySpan<int> tokens)
    {
        lock (_lock)
        {
            int index = _parser.Start;
            foreach (int token in tokens)
            {
                index = token == _vocabulary.EndOfText ? GrammarParser.Dead : _parser.Step(index, _vocabulary.TokenBytes(token));
            }

            // An answer that needs more by itself gets it, or it would never continue.
            _mostStates = Math.Max(_options.MaxStates, 2 * _parser.Size);
            _mostBytes = Math.Max(_grammarBytes + _memory.MaxParserBytes, 2 * _parser.Memory.Used);
            return Number(index);
        }
    }

    /// <inheritdoc/>
    public override bool IsComplete(int state)
    {
        lock (_lock)
        {
            return _parser.IsComplete(Index(state)) || Index(state) == GrammarParser.Dead;
        }
    }

    /// <inheritdoc/>
    public override bool IsState(int state)
    {
        lock (_lock)
        {
            return state >= 0 && state >> IndexBits == _epoch && (state & ((1 << IndexBits) - 1)) < _parser.StateCount;
        }
    }

    /// <summary>Gives the caches back to the vocabulary, for the next constraint. Sessions must not use it any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (!_disposed)
            {
                _disposed = true;
                _vocabulary.Return(_memory);
            }
        }
    }

    private int Number(int index) => (_epoch << IndexBits) | index;

    private int Index(int state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return IsState(state) ? state & ((1 << IndexBits) - 1) : throw new ArgumentOutOfRangeException(nameof(state), state, "The number is no state.");
    }

    /// <summary>The bytes that must follow a state.</summary>
    private int Force(int index, Span<byte> bytes)
    {
        int count = 0;
        while (count < bytes.Length && !_parser.IsAccepting(index) && _parser.FirstBytes(index) is { Count: 1 } first)
        {
            bytes[count] = first.First;
            index = _parser.Step(index, bytes[count++]);
        }

        return count;
    }

    /// <summary>Finds the tokens after a state.</summary>
    /// <returns>Whether it was done before the deadline.</returns>
    private bool TryFind(int index, long deadline)
    {
        while (_parser.Mask(index) < 0)
        {
            if (!_masks.IsBusy)
            {
                _masks.Begin(index);
            }

            if (!_masks.Run(deadline))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Finds the tokens after a state from which an answer of the given number of tokens can still end.</summary>
    private bool TryFindWithin(int index, int tokens, long deadline, out bool narrowed)
    {
        narrowed = false;
        if (!TryFind(index, deadline))
        {
            return false;
        }

        _masks.TryGet(index, out int maxDistance, out _);
        if (maxDistance < tokens)
        {
            return true;
        }

        // A token is a byte at least. If not even that is enough, whatever brings the end nearest is best.
        narrowed = true;
        return (_parser.Distance(index) <= tokens && TryFindLimited(index, tokens - 1, deadline))
            || (_parser.Distance(index) > tokens && TryFindLimited(index, TokenMasks.Nearest, deadline));
    }

    private bool TryFindLimited(int index, int limit, long deadline)
    {
        while (!_masks.HasLimited(index, limit))
        {
            if (!_masks.IsBusy)
            {
                _masks.Begin(index, limit);
            }

            if (!_masks.Run(deadline))
            {
                return false;
            }
        }

        return true;
    }

    private void Forget()
    {
        _epoch = (_epoch + 1) & EpochMask;
        _masks.Clear();
        _parser.Clear();
    }
}
