using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints;

/// <content>Constraints of patterns that are put together in C#.</content>
public sealed partial class Constraint
{
    /// <summary>Makes a constraint of what a whole answer consists of.</summary>
    /// <param name="pattern">The answer.</param>
    /// <exception cref="ConstraintException">A schema in it cannot be used, or it is too large.</exception>
    public static Constraint FromPattern(Pattern pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        GrammarBuilder builder = new();
        return new Constraint(builder.Build(pattern.Add(builder)), pattern);
    }
}
