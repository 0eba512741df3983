namespace TinyGpt.Constraints.Grammars;

/// <summary>A symbol of a <see cref="GrammarBuilder"/>'s grammar.</summary>
/// <param name="Id">Its place in the builder.</param>
internal readonly record struct Symbol(int Id)
{
    /// <summary>The symbol of the empty text.</summary>
    public static Symbol Empty => new(0);

    /// <summary>The symbol that nothing matches.</summary>
    public static Symbol Nothing => new(1);
}
