namespace TinyGpt.Constraints.Languages;

/// <summary>
/// A regular language over bytes: an expression of a <see cref="RegexTable"/>, which makes them and knows what they mean. Equal
/// expressions of one table are equal nodes.
/// </summary>
/// <param name="Id">The place in the table.</param>
internal readonly record struct RegexNode(int Id)
{
    /// <summary>The language without any text.</summary>
    public static RegexNode Nothing => new(0);

    /// <summary>The language of the empty text alone.</summary>
    public static RegexNode Empty => new(1);

    public bool IsNothing => Id == 0;

    public bool IsEmpty => Id == 1;
}
