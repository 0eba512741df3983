namespace TinyGpt.Dialogue;

/// <summary>
/// What a character chose of some options, and how likely each was. Made by <see cref="Talk.Choose(string, IReadOnlyList{string}, bool)"/> at
/// once and filled by later ticks; poll <see cref="IsMade"/>. Thread-safe, and reading it allocates nothing.
/// </summary>
/// <remarks>
/// <para>
/// The log-probability of option i is S(i) = Σ ln p(token | everything before it), over the tokens of the option as the tokenizer writes it after the
/// start of the answer, and of the text that ends an answer after it; p is the softmax of the model's logits at temperature 1, without
/// penalties. Its probability is P(i) = e^S(i) / Σ e^S(j): how likely the model would say just this, given that it says one of the options.
/// </para>
/// <para>
/// With temperature 0 the likeliest option is taken, the first of equals; otherwise one is drawn with weights e^(S(i) / temperature), by the
/// talk's seed. All of it has the same bits on every machine.
/// </para>
/// </remarks>
public sealed class Choice
{
    private readonly double[] _logProbabilities;
    private readonly double[] _probabilities;
    private volatile int _index = -1;
    private volatile bool _isCancelled;

    internal Choice(string[] options)
    {
        Options = options;
        _logProbabilities = new double[options.Length];
        _probabilities = new double[options.Length];
    }

    /// <summary>The options, a copy in the order in which they were given.</summary>
    public IReadOnlyList<string> Options { get; }

    /// <summary>Whether the choice is made; it never changes from then on.</summary>
    public bool IsMade => _index >= 0;

    /// <summary>Whether it never will be, because the talk went on without it.</summary>
    public bool IsCancelled => _isCancelled;

    /// <summary>The chosen option, from 0; -1 until it is made.</summary>
    public int Index => _index;

    /// <summary>The chosen option's text, or null until it is made.</summary>
    public string? Text => IsMade ? Options[Index] : null;

    /// <summary>The options' scores S(i), natural logarithms and so 0 or less, in the order of the options.</summary>
    /// <exception cref="InvalidOperationException">The choice is not made yet, or was cancelled.</exception>
    public ReadOnlySpan<double> LogProbabilities => WhenMade(_logProbabilities);

    /// <summary>The options' probabilities P(i), 0 … 1, which sum to 1 but for rounding, in the order of the options.</summary>
    /// <exception cref="InvalidOperationException">The choice is not made yet, or was cancelled.</exception>
    public ReadOnlySpan<double> Probabilities => WhenMade(_probabilities);

    /// <summary>Takes note of an option's score.</summary>
    internal void Score(int option, double logProbability) => _logProbabilities[option] = logProbability;

    /// <summary>Makes the choice: all options are scored.</summary>
    /// <param name="temperature">0 for the likeliest.</param>
    /// <param name="draw">In [0, 1).</param>
    internal void Make(double temperature, double draw)
    {
        int best = 0;
        for (int i = 1; i < _logProbabilities.Length; i++)
        {
            best = _logProbabilities[i] > _logProbabilities[best] ? i : best;
        }

        double total = 0;
        double weights = 0;
        for (int i = 0; i < _logProbabilities.Length; i++)
        {
            double below = _logProbabilities[i] - _logProbabilities[best];
            _probabilities[i] = DeterministicMath.Exp(below);
            total += _probabilities[i];
            weights += temperature > 0 ? DeterministicMath.Exp(below / temperature) : 0;
        }

        int chosen = temperature > 0 ? -1 : best;
        double sum = 0;
        for (int i = 0; i < _probabilities.Length; i++)
        {
            _probabilities[i] /= total;
            if (chosen < 0)
            {
                sum += DeterministicMath.Exp((_logProbabilities[i] - _logProbabilities[best]) / temperature);
                chosen = sum > draw * weights ? i : chosen;
            }
        }

        _index = chosen < 0 ? best : chosen;
    }

    internal void Cancel() => _isCancelled = !IsMade;

    private double[] WhenMade(double[] values) => IsMade ? values
        : throw new InvalidOperationException("The choice is not made yet: poll IsMade after each tick.");
}
