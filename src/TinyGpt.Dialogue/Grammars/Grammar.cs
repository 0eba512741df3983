using System.Collections.Immutable;
using TinyGpt.Dialogue.Grammars;

namespace TinyGpt.Dialogue;

/// <summary>
/// What an answer may look like: a finite language of texts, put together of parts. <see cref="GrammarCompiler"/> makes a constraint of it,
/// under which a model can say nothing else. Immutable and thread-safe. Making one allocates; how large and how deep grammars can be shows when
/// they are compiled.
/// </summary>
/// <example><code>
/// Grammar deed = Grammar.JsonObject(
///     ("action", Grammar.Choice("greet", "sell", "attack")),
///     ("price", Grammar.Number(1, 99)));            // {"action": "sell", "price": 12}
/// </code></example>
/// <remarks>
/// Inside <see cref="JsonObject"/> a part is written as JSON: text-like parts (literals, choices of them, sequences, texts) as a string,
/// numbers and booleans as such, repetitions as arrays. JSON is written in one way: members in their order, <c>": "</c> and <c>", "</c>.
/// </remarks>
public abstract record Grammar
{
    /// <summary>The most parts, alternatives or members of one grammar, not counting those within them.</summary>
    public const int MostParts = 4096;

    /// <summary>The most repetitions of a <see cref="Repeat"/>, and the most characters (Unicode code points) of a <see cref="Text"/>.</summary>
    public const int MostRepetitions = 4096;

    /// <summary>The most digits behind the point of a <see cref="Number(decimal, decimal, int)"/>.</summary>
    public const int MostDigits = 9;

    /// <summary>The largest magnitude of a number, digits behind the point counted as digits before it.</summary>
    public const long LargestNumber = 999_999_999_999_999;

    private protected Grammar(GrammarSize size) => Size = size;

    /// <summary>What compiling it takes at most, known before anything is walked.</summary>
    internal GrammarSize Size { get; }

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static Grammar Boolean { get; } = new BooleanGrammar();

    /// <summary>A text as it stands.</summary>
    /// <param name="text">The text; may be empty, has no surrogate without its partner.</param>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    /// <exception cref="ArgumentException">The text is no valid Unicode.</exception>
    public static Grammar Literal(string text) => new LiteralGrammar(Checked(text));

    /// <summary>One of some texts.</summary>
    /// <param name="texts">The texts, 1 … <see cref="MostParts"/>; each as for <see cref="Literal"/>.</param>
    /// <exception cref="ArgumentNullException">The texts, or one of them, are null.</exception>
    /// <exception cref="ArgumentException">There are too few or too many, or one is no valid Unicode.</exception>
    public static Grammar Choice(params IEnumerable<string> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Choice([.. texts.Select(Literal)]);
    }

    /// <summary>One of some grammars.</summary>
    /// <param name="alternatives">The grammars, 1 … <see cref="MostParts"/>.</param>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    /// <exception cref="ArgumentException">There are too few or too many.</exception>
    public static Grammar Choice(params ReadOnlySpan<Grammar> alternatives) => new ChoiceGrammar(Parts(alternatives, nameof(alternatives)));

    /// <summary>Some grammars, one after the other.</summary>
    /// <param name="parts">The grammars, 1 … <see cref="MostParts"/>.</param>
    /// <exception cref="ArgumentNullException">One is null.</exception>
    /// <exception cref="ArgumentException">There are too few or too many.</exception>
    public static Grammar Sequence(params ReadOnlySpan<Grammar> parts) => new SequenceGrammar(Parts(parts, nameof(parts)));

    /// <summary>A grammar several times.</summary>
    /// <param name="item">The grammar.</param>
    /// <param name="least">The fewest times, 0 … <paramref name="most"/>.</param>
    /// <param name="most">The most times, 1 … <see cref="MostRepetitions"/>.</param>
    /// <param name="separator">
    /// What stands between two of them, nothing by default, as for <see cref="Literal"/>; not used where they are a JSON array.
    /// </param>
    /// <exception cref="ArgumentNullException">The grammar or the separator is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    /// <exception cref="ArgumentException">The separator is no valid Unicode.</exception>
    public static Grammar Repeat(Grammar item, int least, int most, string separator = "")
    {
        ArgumentNullException.ThrowIfNull(item);
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, MostRepetitions);
        ArgumentOutOfRangeException.ThrowIfNegative(least);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(least, most);
        return new RepeatGrammar(item, least, most, Checked(separator));
    }

    /// <summary>A whole number without leading zeros.</summary>
    /// <param name="least">The smallest, -<see cref="LargestNumber"/> or more.</param>
    /// <param name="most">The largest, <see cref="LargestNumber"/> or less.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range, or the smallest is larger than the largest.</exception>
    public static Grammar Number(long least, long most)
    {
        CheckRange(least, most);
        return new NumberGrammar(least, most, 0);
    }

    /// <summary>A number with so many digits behind the point, such as <c>0.50</c> or <c>-3.25</c>.</summary>
    /// <param name="least">The smallest; rounded up to the digits.</param>
    /// <param name="most">The largest; rounded down to the digits.</param>
    /// <param name="digits">How many digits, 1 … <see cref="MostDigits"/>; they are always written.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The digits are out of range, a number times 10 to the digits is beyond <see cref="LargestNumber"/>, or there is no such number.
    /// </exception>
    public static Grammar Number(decimal least, decimal most, int digits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(digits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digits, MostDigits);
        ArgumentOutOfRangeException.ThrowIfLessThan(least, -LargestNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, LargestNumber);
        decimal scale = 1;
        for (int i = 0; i < digits; i++)
        {
            scale *= 10;
        }

        decimal from = decimal.Ceiling(least * scale);
        decimal to = decimal.Floor(most * scale);
        if (from > to)
        {
            throw new ArgumentOutOfRangeException(nameof(most), most, $"No number of {digits} digits behind the point is in {least} … {most}.");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(from, -LargestNumber, nameof(least));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, LargestNumber, nameof(most));
        return new NumberGrammar((long)from, (long)to, digits);
    }

    /// <summary>
    /// Any text of one line: no control characters, and no space at its beginning. As a JSON string also no quotation marks and backslashes.
    /// </summary>
    /// <param name="most">The most characters (Unicode code points), 1 … <see cref="MostRepetitions"/>; there is at least one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of range.</exception>
    public static Grammar Text(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, MostRepetitions);
        return new TextGrammar(most);
    }

    /// <summary>A JSON object with all of these members, in this order.</summary>
    /// <param name="members">Names, no two of them equal, and what the values look like; 0 … <see cref="MostParts"/>.</param>
    /// <exception cref="ArgumentNullException">A name or a value is null.</exception>
    /// <exception cref="ArgumentException">There are too many members, two have the same name, or one is no valid Unicode.</exception>
    public static Grammar JsonObject(params ReadOnlySpan<(string Name, Grammar Value)> members)
    {
        if (members.Length > MostParts)
        {
            throw new ArgumentException($"An object has at most {MostParts} members, not {members.Length}.", nameof(members));
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        foreach ((string name, Grammar value) in members)
        {
            ArgumentNullException.ThrowIfNull(value, nameof(members));
            if (!names.Add(Checked(name)))
            {
                throw new ArgumentException($"The object has two members '{name}'.", nameof(members));
            }
        }

        return new ObjectGrammar([.. members]);
    }

    /// <summary>A grammar written as JSON, as if it were the value of a member of <see cref="JsonObject"/>.</summary>
    /// <param name="value">What the value looks like: a text-like part becomes a string, a repetition an array.</param>
    /// <exception cref="ArgumentNullException">The grammar is null.</exception>
    public static Grammar Json(Grammar value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new JsonValueGrammar(value);
    }

    private static ImmutableArray<Grammar> Parts(ReadOnlySpan<Grammar> parts, string name)
    {
        if (parts.IsEmpty || parts.Length > MostParts)
        {
            throw new ArgumentException($"A grammar has 1 … {MostParts} parts, not {parts.Length}.", name);
        }

        foreach (Grammar part in parts)
        {
            ArgumentNullException.ThrowIfNull(part, name);
        }

        return [.. parts];
    }

    private static void CheckRange(long least, long most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(least, -LargestNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, LargestNumber);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(least, most);
    }

    private static string Checked(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                throw new ArgumentException($"The text has a surrogate without its partner at {i}.", nameof(text));
            }
        }

        return text;
    }
}
