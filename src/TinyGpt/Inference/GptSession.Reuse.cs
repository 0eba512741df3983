using TinyGpt.Sampling;

namespace TinyGpt;

/// <summary>
/// The members that let one session serve many talks: other options and seeds, keys and values from other sessions, the share of forward passes, and
/// scoring given texts.
/// </summary>
public sealed partial class GptSession
{
    /// <summary>The state that means there is no constraint.</summary>
    internal const int NoState = -1;

    private TokenConstraint? _constraint;
    private int _constraintState = NoState;
    private bool _isShortened;
    private int _scoreEnd;

    /// <summary>The largest <see cref="PassInterval"/>.</summary>
    public const int MostPassInterval = 64;

    /// <summary>
    /// The session takes part in every n-th forward pass, 1 (every one, the default) … <see cref="MostPassInterval"/>, or in none at all while
    /// this is 0. It never changes what the session says, only when. If no session is due, the next forward pass with a due session starts at once.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public int PassInterval
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MostPassInterval);
            field = value;
        }
    }
    = 1;

    /// <summary>Tokens of the sequence whose keys and values are computed; the rest is computed before anything is generated.</summary>
    public int ComputedTokens => Cache.Length;

    /// <summary>Pages of the KV arena that the session holds, shared ones included.</summary>
    public int KvPages => Cache.PageCount;

    /// <summary>
    /// The natural logarithm of the probability of the tokens of the last <see cref="Score"/>, as far as it has come: the sum over its
    /// tokens of ln softmax(logits)[token], at temperature 1, without biases, penalties and constraint. 0 or less. The same bits on every
    /// machine; good to about 1e-6 a token, as float32 logits are.
    /// </summary>
    public double LogProbability { get; private set; }

    private bool IsScoring => _scoreEnd > 0;

    /// <summary>Gives the session other options, which hold from the next answer on. The sequence and unread text stay.</summary>
    /// <remarks>Allocates nothing unless the options have a logit bias, more stop strings or a larger capacity than any before.</remarks>
    /// <param name="sampling">How it chooses tokens. Its seed is not used: see <see cref="Reseed"/>.</param>
    /// <param name="options">How it answers.</param>
    /// <exception cref="ArgumentException">An option is out of range, or more than the engine was made for.</exception>
    /// <exception cref="InvalidOperationException">An answer is under way: stop or rewind it first.</exception>
    public void Configure(SamplingOptions sampling, SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(sampling);
        ArgumentNullException.ThrowIfNull(options);
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsAnswering)
        {
            throw new InvalidOperationException("An answer is under way: stop or rewind it before the options change.");
        }

        if (!ReferenceEquals(options, _options))
        {
            Engine.Check(options);
            UseOptions(options);
        }

        if (!ReferenceEquals(sampling, _givenSampling))
        {
            sampling.Validate(Engine.Model.Config.VocabularySize);
            _givenSampling = sampling;
            _sampling = sampling.Frozen();
        }
    }

    /// <summary>Starts the generator of random choices anew.</summary>
    /// <param name="seed">Any number; as for <see cref="SamplingOptions.Seed"/>.</param>
    public void Reseed(ulong seed)
    {
        using GptEngine.Guard guard = Engine.Enter();
        _random = new DeterministicRandom(seed);
    }

    /// <summary>
    /// Takes over the keys and values that another session has computed for the tokens with which both sequences begin, where those are
    /// more than this session has itself. They are shared, not copied; what follows is computed as usual. Changes nothing else.
    /// </summary>
    /// <param name="source">A session of the same engine.</param>
    /// <exception cref="ArgumentException">It belongs to another engine.</exception>
    public void ShareKeysAndValues(GptSession source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Engine != Engine)
        {
            throw new ArgumentException("The session belongs to another engine.", nameof(source));
        }

        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        ObjectDisposedException.ThrowIf(source._disposed, source);

        // The logits of an answer's next token come from computing the last one.
        int most = Math.Min(source.Cache.Length, IsAnswering ? _count - 1 : _count);
        int common = most <= Cache.Length ? 0 : Tokens[..most].CommonPrefixLength(source.Tokens);
        if (common > Cache.Length)
        {
            Engine.AbandonPassOf(this);
            Cache.Truncate(0);
            Cache.Share(source.Cache, common);
        }
    }

    /// <summary>
    /// Gives the session's pages back. Tokens, text and the answer under way stay; when the session goes on, all tokens are computed
    /// again, and it says the same as if nothing had been given back. Set <see cref="PassInterval"/> to 0 for as long as it is to wait.
    /// </summary>
    public void ReleaseKeysAndValues()
    {
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        Engine.AbandonPassOf(this);
        Cache.Truncate(0);
    }

    /// <summary>
    /// Appends tokens and has the engine compute their log-probability. They are computed like an answer that is
    /// known beforehand, several in one forward pass if <see cref="GptEngineOptions.MaxLookupTokens"/> allows it, and give no text.
    /// <see cref="Finish"/> is <see cref="FinishReason.Complete"/> when <see cref="LogProbability"/> is there. Appending, stopping or
    /// rewinding ends the scoring early. A session that is saved meanwhile is saved as if it had been stopped.
    /// </summary>
    /// <param name="continuation">1 or more ids in the vocabulary.</param>
    /// <exception cref="ArgumentException">The sequence is empty, so that nothing predicts its first token, or there are no tokens.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    /// <exception cref="ContextOverflowException">They do not fit the context.</exception>
    public void Score(ReadOnlySpan<int> continuation)
    {
        using GptEngine.Guard guard = Engine.Enter();
        ObjectDisposedException.ThrowIf(_disposed, this);
        CheckIds(continuation, nameof(continuation));
        if (_count == 0 || continuation.IsEmpty)
        {
            throw new ArgumentException("A score needs a sequence and tokens that continue it.", nameof(continuation));
        }

        if (continuation.Length > Context - _count)
        {
            throw new ContextOverflowException(_count + (long)continuation.Length, Context);
        }

        EndScore();
        Finish = FinishReason.None;
        BeginAnswer();
        _output?.Flush(); // what an answer was cut inside of does not go on with these
        continuation.CopyTo(_tokens.AsSpan(_count));
        _scoreEnd = _count + continuation.Length;
        LogProbability = 0;
    }

    private static int OutputCapacity(Tokenizer tokenizer, SessionOptions options) =>
        Math.Max(options.OutputCapacity, TextOutput.SmallestCapacity(tokenizer.Vocabulary, options.StopPatterns.Longest) + FlushGrowth);

    private static void RefuseStopStrings(SessionOptions options)
    {
        if (options.StopStrings.Count > 0)
        {
            throw new ArgumentException("The model has no tokenizer, so stop strings cannot be found.", nameof(options));
        }
    }

    private void UseOptions(SessionOptions options)
    {
        if (Engine.Model.Tokenizer is { } tokenizer)
        {
            _output!.Use(options.StopPatterns, OutputCapacity(tokenizer, options));
        }
        else
        {
            RefuseStopStrings(options);
        }

        _options = options;
    }

    private void CheckIds(ReadOnlySpan<int> tokens, string name)
    {
        int vocabulary = Engine.Model.Config.VocabularySize;
        int outside = tokens.IndexOfAnyExceptInRange(0, vocabulary - 1);
        if (outside >= 0)
        {
            throw new ArgumentOutOfRangeException(name, tokens[outside], $"Token id {tokens[outside]} is outside the vocabulary of {vocabulary}.");
        }
    }

    /// <summary>The token is known; only its probability is of interest.</summary>
    private void ScoreNext(Sampler sampler, ReadOnlySpan<float> logits)
    {
        LogProbability += sampler.LogProbability(logits, _tokens[_count++]);
        GeneratedTokens++;
        if (_count == _scoreEnd)
        {
            EndAnswer(FinishReason.Complete);
        }
    }

    private void EndScore()
    {
        if (IsScoring)
        {
            _scoreEnd = 0;
            IsAnswering = false;
        }
    }
}
