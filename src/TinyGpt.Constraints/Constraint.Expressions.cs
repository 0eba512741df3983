namespace TinyGpt.Constraints;

/// <content>Constraints of regular expressions.</content>
public sealed partial class Constraint
{
    /// <summary>
    /// Understands a regular expression in ECMA-262 syntax, over code points. A whole answer matches it, as if it stood between <c>^</c> and
    /// <c>$</c>. Look-around, back-references and word boundaries are not supported.
    /// </summary>
    /// <param name="pattern">The expression, at most a million characters.</param>
    /// <exception cref="ConstraintException">The expression is wrong, not supported or too large, or matches nothing; the location is a position in it.</exception>
    public static Constraint FromRegex(string pattern) => FromPattern(Pattern.Regex(pattern));
}
