using TinyGpt.Cache;
using TinyGpt.Decoding;
using TinyGpt.Kernels;
using TinyGpt.Sampling;

namespace TinyGpt;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Perplexity">e to the mean of the tokens' negative log-likelihoods (natural logarithm); 1 or more.</param>
/// <param name="Tokens">How many tokens were predicted: all but the first.</param>
public readonly record struct PerplexityResult(double Perplexity, int Tokens);

/// <summary>
/// Computes the logits of given tokens, without choosing any: for evaluation and tests. Not thread-safe. All memory is taken when it is
/// made.
/// </summary>
public sealed class LogitsEvaluator : IDisposable
{
    private readonly GptModel _model;
    private readonly int _context;
    private readonly KvArena _arena;
    private readonly LogitKernels _kernels;
    private readonly Decoder _decoder;
    private readonly KvSequence _sequence;
    private readonly float[] _weights;

    /// <summary>Makes an evaluator for texts up to the model's context, or less.</summary>
    /// <param name="model">The model; must stay alive as long as the evaluator.</param>
    /// <param name="threads">Threads that compute, the caller's included; 1 … 256.</param>
    /// <param name="tier">The kernel tier; null for the best.</param>
    /// <param name="batchTokens">Tokens in one forward pass, 1 … 4,096.</param>
    /// <param name="kvPrecision">How keys and values are kept.</param>
    /// <param name="context">The maximum number of tokens in a text, which decides the memory. Null, or more than the model's context, means the model's context.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="KernelTierException">The tier is not supported by this processor.</exception>
    public LogitsEvaluator(
        GptModel model,
        int threads = 1,
        KernelTier? tier = null,
        int batchTokens = 32,
        KvPrecision kvPrecision = KvPrecision.Float32,
        int? context = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        GptEngineOptions options = new()
        {
            Threads = threads,
            MaxBatchTokens = batchTokens,
            KvPrecision = kvPrecision,
            PlannedContext = context,
        };
        options.Validate();
        KernelTier selected = KernelTiers.Select(tier);
        _model = model;
        _context = options.ContextFor(model.Config);
        _arena = new KvArena(model.Config, options.PagesFor(model.Config), sequences: 1, kvPrecision);
        _sequence = _arena.Sequences[0];
        _weights = new float[model.Config.VocabularySize];
        DecoderLimits limits = options.Limits with { LogitRows = batchTokens };
        _kernels = LogitKernels.Of(selected);
        _decoder = Decoder.Create(selected, model.Config, model.Weights, _arena, limits);
    }

    /// <summary>The kernel tier in use.</summary>
    public KernelTier Tier => _decoder.Tier;

    /// <summary>Computes the logits after the last of the given tokens.</summary>
    /// <param name="tokens">Ids, 1 or more, no more than the evaluator's context.</param>
    /// <param name="cancellation">Checked about every millisecond.</param>
    /// <returns>One logit a token of the vocabulary. Valid until the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary, or there are too few or too many.</exception>
    /// <exception cref="NonFiniteLogitsException">The logits are not finite.</exception>
    public ReadOnlySpan<float> Evaluate(ReadOnlySpan<int> tokens, CancellationToken cancellation = default)
    {
        ComputeAll(tokens, cancellation);
        RequireFinite(0, tokens.Length - 1);
        return _decoder.Logits(0);
    }

    /// <summary>
    /// Measures the perplexity of a text. It is read in windows of the context's length, each beginning with the last token of the one
    /// before, so that every token but the first is predicted once.
    /// </summary>
    /// <param name="tokens">2 or more ids.</param>
    /// <param name="progress">Told the number of tokens predicted so far; may be null.</param>
    /// <param name="cancellation">Checked about every millisecond.</param>
    /// <returns>The perplexity, with the same digits on every machine.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary, or there are too few.</exception>
    /// <exception cref="NonFiniteLogitsException">The logits at a position of the text are not finite.</exception>
    public PerplexityResult MeasurePerplexity(
        ReadOnlySpan<int> tokens, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 2, nameof(tokens));
        CheckIds(tokens);
        double negativeLogLikelihood = 0;
        int predicted = 0;
        for (int start = 0; start < tokens.Length - 1; start += Math.Max(1, _context - 1))
        {
            ReadOnlySpan<int> window = tokens[start..Math.Min(tokens.Length, start + Math.Max(2, _context))];
            _sequence.Truncate(0);
            while (_sequence.Length < window.Length - 1)
            {
                int first = _sequence.Length;
                int computed = ComputeChunk(window[..^1], wanted: null, cancellation);
                for (int i = 0; i < computed; i++)
                {
                    RequireFinite(i, start + first + i);
                    negativeLogLikelihood -= TokenProbability.Log(_kernels, _decoder.Logits(i), window[first + i + 1], _weights);
                }

                predicted += computed;
                progress?.Report(predicted);
            }
        }

        return new PerplexityResult(DeterministicMath.Exp(negativeLogLikelihood / predicted), predicted);
    }

    /// <summary>Ends the threads and frees the memory.</summary>
    public void Dispose()
    {
        _decoder.Dispose();
        _arena.Dispose();
    }

    /// <summary>Computes the final hidden state after the last of the given tokens, which is the input of the head.</summary>
    /// <param name="tokens">As for <see cref="Evaluate"/>.</param>
    /// <param name="state">Takes the state, as many numbers as the model is wide.</param>
    /// <param name="cancellation">Checked about every millisecond.</param>
    internal void EvaluateState(ReadOnlySpan<int> tokens, Span<float> state, CancellationToken cancellation)
    {
        ComputeAll(tokens, cancellation);
        _decoder.CopyFinalState(state);
        RequireFinite(0, tokens.Length - 1);
    }

    /// <summary>Turns logits into probabilities, with the same bits on every tier.</summary>
    /// <returns>The largest one's index, the lowest among equals.</returns>
    internal int Softmax(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        int largest = _kernels.ArgMax(logits);
        _kernels.SoftmaxWeights(logits, logits[largest], inverseTemperature: 1, probabilities);
        double sum = TokenProbability.Sum(probabilities);
        foreach (ref float weight in probabilities)
        {
            weight = (float)(weight / sum);
        }

        return largest;
    }

    private void RequireFinite(int logitIndex, int position)
    {
        if (!_decoder.IsFinite(logitIndex))
        {
            throw new NonFiniteLogitsException(position);
        }
    }

    private void ComputeAll(ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens.Length, 1, nameof(tokens));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, _context, nameof(tokens));
        CheckIds(tokens);
        _sequence.Truncate(0);
        while (_sequence.Length < tokens.Length)
        {
            ComputeChunk(tokens, wanted: tokens.Length - 1, cancellation);
        }
    }

    private void CheckIds(ReadOnlySpan<int> tokens)
    {
        int vocabulary = _model.Config.VocabularySize;
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"Token id {token} is outside the vocabulary of {vocabulary}.");
            }
        }
    }

    /// <summary>Computes as many of the next tokens as fit one forward pass.</summary>
    /// <param name="tokens">The whole sequence, computed and not.</param>
    /// <param name="wanted">The position whose logits are wanted, or null for all.</param>
    /// <param name="cancellation">Checked between slices.</param>
    /// <returns>How many positions were computed.</returns>
    private int ComputeChunk(ReadOnlySpan<int> tokens, int? wanted, CancellationToken cancellation)
    {
        PassRows rows = _decoder.Rows;
        rows.Clear();
        int first = _sequence.Length;
        int count = Math.Min(rows.Capacity, tokens.Length - first);
        bool reserved = _sequence.TryReserve(count, out _, out _);
        System.Diagnostics.Debug.Assert(reserved, "The arena holds one whole context.");
        for (int position = first; position < first + count; position++)
        {
            rows.Add(tokens[position], position, _sequence);
            if (wanted is null || wanted == position)
            {
                rows.WantLogits();
            }
        }

        StepClock clock = StepBudget.Unlimited.Start();
        _decoder.Begin();
        _decoder.Advance(StepBudget.Unlimited, ref clock, cancellation);
        _sequence.Advance(count);
        return count;
    }
}
