using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints;

/// <content>Constraints of regular expressions and of patterns that are put together in C#.</content>
public sealed partial class Constraint
{
    /// <summary>
    /// Understands a regular expression, which the whole answer must match. The syntax is ECMA's as JSON Schema means it, over code points;
    /// look-around, back-references and word boundaries are refused.
    /// </summary>
    /// <param name="pattern">The expression.</param>
    /// <exception cref="ConstraintException">The expression is wrong, not supported or too large. The location is the place in it.</exception>
    public static Constraint FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        GrammarBuilder builder = new();
        Expression expression = Anchors.Whole(ExpressionParser.Parse(pattern), pattern);
        return FromGrammar(builder, builder.Terminal(LanguageOf(expression, builder.Regex)));
    }

    /// <summary>Makes a constraint of what a whole answer consists of.</summary>
    /// <param name="pattern">The answer.</param>
    /// <exception cref="ConstraintException">A schema in it cannot be used, or it is too large.</exception>
    public static Constraint FromPattern(Pattern pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        GrammarBuilder builder = new();
        return FromGrammar(builder, pattern.Add(builder));
    }

    private static RegexNode LanguageOf(Expression expression, RegexTable regex)
    {
        RuntimeLimits.CheckStack();
        return expression.Kind switch
        {
            ExpressionKind.Set => regex.CodePoints(expression.Set),
            ExpressionKind.Sequence => regex.Concat([.. expression.Parts.Select(part => LanguageOf(part, regex))]),
            ExpressionKind.Choice => regex.Union([.. expression.Parts.Select(part => LanguageOf(part, regex))]),
            ExpressionKind.Repeat => regex.Repeat(
                LanguageOf(expression.Parts[0], regex), expression.Min, expression.Max ?? RegexTable.Unbounded),
            _ => RegexNode.Empty,
        };
    }
}
