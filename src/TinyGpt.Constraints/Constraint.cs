using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints;

/// <summary>
/// What an answer must look like: a JSON schema, a regular expression or a grammar, understood and checked, and not yet bound to a
/// vocabulary. Immutable and thread-safe.
/// </summary>
public sealed partial class Constraint
{
    private readonly Pattern? _pattern;

    private Constraint(Grammar grammar, Pattern? pattern) => (Grammar, _pattern) = (grammar, pattern);

    /// <summary>What the constraint was made of, to put it together with other patterns or to save it.</summary>
    public Pattern Pattern => _pattern ?? throw new InvalidOperationException("The constraint was made of a grammar in memory.");

    /// <summary>The language of the answers.</summary>
    internal Grammar Grammar { get; }

    /// <summary>Makes a constraint of a grammar.</summary>
    /// <param name="builder">The grammar; not used afterwards.</param>
    /// <param name="start">What a whole answer is.</param>
    /// <exception cref="ConstraintException">A rule is not defined or left-recursive, nothing matches, or the grammar is too large.</exception>
    internal static Constraint FromGrammar(GrammarBuilder builder, Symbol start) => new(builder.Build(start), null);

    /// <summary>Binds the constraint to a vocabulary.</summary>
    /// <param name="vocabulary">The model's vocabulary.</param>
    /// <param name="options">How large the caches are, or null for the defaults.</param>
    /// <returns>What <see cref="SessionOptions.Constraint"/> takes. Dispose it to let others have its caches; it need not be.</returns>
    /// <exception cref="ConstraintException">The vocabulary has no tokens that write any text of the constraint.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public CompiledConstraint Compile(ConstraintVocabulary vocabulary, ConstraintOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        options ??= ConstraintOptions.Default;
        options.Validate();
        return new CompiledConstraint(this, vocabulary, options);
    }
}
