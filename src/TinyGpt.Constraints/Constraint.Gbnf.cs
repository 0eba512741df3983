namespace TinyGpt.Constraints;

/// <content>Constraints of grammars in GBNF.</content>
public sealed partial class Constraint
{
    /// <summary>
    /// Understands a grammar in GBNF, llama.cpp's format: rules <c>name ::= …</c> of literals, classes of characters, groups, alternatives
    /// and repetitions (<c>* + ? {n} {n,} {n,m}</c>). References to tokens by their ids are refused.
    /// </summary>
    /// <param name="grammar">The grammar's text.</param>
    /// <param name="root">The rule that a whole answer is.</param>
    /// <exception cref="ConstraintException">
    /// The text is no such grammar, a rule is missing or begins with itself, or the grammar is too large. The location is line and column.
    /// </exception>
    public static Constraint FromGbnf(string grammar, string root = "root")
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentException.ThrowIfNullOrEmpty(root);
        return FromPattern(Pattern.Gbnf(grammar, root));
    }
}
