using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints;

/// <content>Constraints of regular expressions.</content>
public sealed partial class Constraint
{
    private const int MaxPatternLength = 1 << 20;

    /// <summary>
    /// Understands a regular expression in ECMA-262 syntax, over code points. A whole answer matches it, as if it stood between <c>^</c> and
    /// <c>$</c>. Look-around, back-references and word boundaries are not supported.
    /// </summary>
    /// <param name="pattern">The expression, at most a million characters.</param>
    /// <exception cref="ConstraintException">The expression is wrong, not supported or too large, or matches nothing; the location is a position in it.</exception>
    public static Constraint FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        if (pattern.Length > MaxPatternLength)
        {
            throw new ConstraintException($"The regular expression has {pattern.Length:N0} characters; at most {MaxPatternLength:N0} are read.");
        }

        GrammarBuilder builder = new();
        Expression whole = Anchors.Whole(ExpressionParser.Parse(pattern), pattern);
        return FromGrammar(builder, builder.Terminal(new ExpressionLanguages(builder.Regex).Of(whole)));
    }
}
