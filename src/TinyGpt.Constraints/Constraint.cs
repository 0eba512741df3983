using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints;

/// <summary>
/// What an answer must look like: a JSON schema, a regular expression or a grammar, understood and checked, and not yet bound to a
/// vocabulary. Immutable and thread-safe.
/// </summary>
public sealed partial class Constraint
{
    private Constraint(Grammar grammar) => Grammar = grammar;

    /// <summary>The language of the answers.</summary>
    internal Grammar Grammar { get; }

    /// <summary>Makes a constraint of a grammar.</summary>
    /// <param name="builder">The grammar; not used afterwards.</param>
    /// <param name="start">What a whole answer is.</param>
    /// <exception cref="ConstraintException">A rule is not defined or left-recursive, nothing matches, or the grammar is too large.</exception>
    internal static Constraint FromGrammar(GrammarBuilder builder, Symbol start) => new(builder.Build(start));
}
