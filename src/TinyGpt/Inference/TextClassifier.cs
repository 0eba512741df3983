using TinyGpt.Kernels;

namespace TinyGpt;

/// <summary>
/// Classifies texts (Radford et al., 2018), for example by intent or mood. It uses the model's final hidden state at
/// <c>&lt;|endoftext|&gt;</c> after the text, or at the text's last token if the model has no such token. The result is the same on every
/// tier and with any number of threads. Not thread-safe. All memory except a text's tokens is allocated when it is made.
/// </summary>
public sealed class TextClassifier : IDisposable
{
    private readonly GptModel _model;
    private readonly ClassifierWeights _weights;
    private readonly LogitsEvaluator _evaluator;
    private readonly float[] _state;
    private readonly float[] _scores;

    /// <summary>Makes a classifier from a model file that includes one.</summary>
    /// <param name="model">A model with a tokenizer and <see cref="GptModel.Classifier"/>; must stay alive as long as the classifier.</param>
    /// <param name="threads">Threads that compute, the caller's included; 1 … 256.</param>
    /// <param name="tier">The kernel tier; null for the best.</param>
    /// <exception cref="ArgumentException">The model has no tokenizer or no classifier.</exception>
    /// <exception cref="KernelTierException">The tier is not supported by this processor.</exception>
    public TextClassifier(GptModel model, int threads = 1, KernelTier? tier = null)
        : this(
            model,
            (model ?? throw new ArgumentNullException(nameof(model))).Classifier
                ?? throw new ArgumentException("The model's file has no classifier.", nameof(model)),
            threads,
            tier)
    {
    }

    /// <summary>Makes a classifier.</summary>
    /// <param name="model">A model with a tokenizer; must stay alive as long as the classifier.</param>
    /// <param name="weights">The weights that were trained with it.</param>
    /// <param name="threads">Threads that compute, the caller's included; 1 … 256.</param>
    /// <param name="tier">The kernel tier; null for the best.</param>
    /// <exception cref="ArgumentException">The model has no tokenizer, or the weights have another hidden size.</exception>
    /// <exception cref="KernelTierException">The tier is not supported by this processor.</exception>
    public TextClassifier(GptModel model, ClassifierWeights weights, int threads = 1, KernelTier? tier = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        if (model.Tokenizer is null)
        {
            throw new ArgumentException("The model has no tokenizer, so it cannot read a text.", nameof(model));
        }

        if (weights.Width != model.Config.Width)
        {
            throw new ArgumentException($"The classifier is for models of hidden size {weights.Width}, not {model.Config.Width}.", nameof(weights));
        }

        _model = model;
        _weights = weights;
        _state = new float[model.Config.Width];
        _scores = new float[weights.Labels.Count];
        _evaluator = new LogitsEvaluator(model, threads, tier);
    }

    /// <summary>The classes' names; a class is an index here.</summary>
    public IReadOnlyList<string> Labels => _weights.Labels;

    /// <summary>Finds a text's class.</summary>
    /// <param name="text">The text, UTF-8, not empty; it is cut to the length of the context.</param>
    /// <param name="probabilities">Receives the probability of each class of <see cref="Labels"/>.</param>
    /// <param name="cancellation">Checked about every millisecond.</param>
    /// <returns>The likeliest class, the first among equals.</returns>
    /// <exception cref="ArgumentException">The text is empty, or there is too little room for the probabilities.</exception>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public int Classify(ReadOnlySpan<byte> text, Span<float> probabilities, CancellationToken cancellation = default)
    {
        if (text.IsEmpty || probabilities.Length < Labels.Count)
        {
            throw new ArgumentException("The text is empty, or there is no room for the probability of each class.");
        }

        _evaluator.EvaluateState(Tokens(text), _state, cancellation);
        for (int label = 0; label < _scores.Length; label++)
        {
            // In double and in one order: the same sum on every processor.
            double score = 0;
            ReadOnlySpan<float> row = _weights.Row(label);
            for (int feature = 0; feature < row.Length; feature++)
            {
                score += (double)row[feature] * _state[feature];
            }

            _scores[label] = (float)score;
        }

        return _evaluator.Softmax(_scores, probabilities[.._scores.Length]);
    }

    /// <summary>Finds a text's class.</summary>
    /// <param name="text">The text, not empty; it is cut to the length of the context.</param>
    /// <returns>The name of the likeliest class.</returns>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public string Classify(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return Labels[Classify(System.Text.Encoding.UTF8.GetBytes(text), new float[Labels.Count])];
    }

    /// <summary>Ends the threads and frees the memory.</summary>
    public void Dispose() => _evaluator.Dispose();

    private int[] Tokens(ReadOnlySpan<byte> text)
    {
        int[] ids = _model.Tokenizer!.EncodeDocument(text);
        int context = _model.Config.ContextLength;
        return _model.Config.EndOfTextToken is { } endOfText
            ? [.. ids.AsSpan(0, Math.Min(ids.Length, context - 1)), endOfText]
            : ids[..Math.Min(ids.Length, context)];
    }
}
