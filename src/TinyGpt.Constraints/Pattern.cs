using System.Text.Json;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints;

/// <summary>
/// What an answer consists of, put together in C#: texts, choices, numbers of a range, schemas, expressions, repetitions, records.
/// <see cref="Constraint.FromPattern"/> makes a constraint of it. Immutable and thread-safe.
/// </summary>
public abstract class Pattern
{
    private static readonly JsonSchemaOptions Compact = new() { IsCompact = true };

    private protected Pattern()
    {
    }

    /// <summary>A text as it is.</summary>
    /// <param name="text">The text; may be empty.</param>
    public static Pattern Text(string text) => new TextPattern(text ?? throw new ArgumentNullException(nameof(text)));

    /// <summary>Any of some texts.</summary>
    /// <param name="texts">1 or more.</param>
    public static Pattern OneOf(params IReadOnlyList<string> texts) => OneOf([.. texts.Select(Text)]);

    /// <summary>Any of some patterns.</summary>
    /// <param name="options">1 or more.</param>
    public static Pattern OneOf(params IReadOnlyList<Pattern> options) => new GroupPattern([.. options], isChoice: true);

    /// <summary>Patterns one after another.</summary>
    /// <param name="parts">Any number.</param>
    public static Pattern Sequence(params IReadOnlyList<Pattern> parts) => new GroupPattern([.. parts], isChoice: false);

    /// <summary>A whole number of a range, without zeros before it.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most; at least min.</param>
    /// <exception cref="ArgumentOutOfRangeException">The most is less than the least.</exception>
    public static Pattern WholeNumber(long min, long max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return Json($$"""{"type":"integer","minimum":{{min}},"maximum":{{max}}}""");
    }

    /// <summary>JSON that a schema allows, without white space between its parts.</summary>
    /// <param name="schema">The JSON schema.</param>
    public static Pattern Json(string schema) => Json(schema, Compact);

    /// <summary>JSON that a schema allows.</summary>
    /// <param name="schema">The JSON schema.</param>
    /// <param name="options">How JSON is written.</param>
    public static Pattern Json(string schema, JsonSchemaOptions options) => new SchemaPattern(
        schema ?? throw new ArgumentNullException(nameof(schema)), options ?? throw new ArgumentNullException(nameof(options)));

    /// <summary>What a regular expression matches; see <see cref="Constraint.FromRegex"/>.</summary>
    /// <param name="expression">The expression.</param>
    public static Pattern Regex(string expression) => new RegexPattern(expression ?? throw new ArgumentNullException(nameof(expression)));

    /// <summary>What a grammar in GBNF describes; see <see cref="Constraint.FromGbnf"/>.</summary>
    /// <param name="grammar">The grammar's text.</param>
    /// <param name="root">The rule to begin with.</param>
    public static Pattern Gbnf(string grammar, string root = "root") => new GbnfPattern(
        grammar ?? throw new ArgumentNullException(nameof(grammar)), root ?? throw new ArgumentNullException(nameof(root)));

    /// <summary>A JSON object with given members, in this order and without white space.</summary>
    /// <param name="members">Names and what their values are.</param>
    public static Pattern Record(params IReadOnlyList<(string Name, Pattern Value)> members)
    {
        List<Pattern> parts = [Text("{")];
        for (int i = 0; i < members.Count; i++)
        {
            string name = JsonEncodedText.Encode(members[i].Name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
            parts.Add(Text($"{(i > 0 ? "," : "")}\"{name}\":"));
            parts.Add(members[i].Value);
        }

        parts.Add(Text("}"));
        return Sequence(parts);
    }

    /// <summary>The pattern a number of times.</summary>
    /// <param name="min">0 or more.</param>
    /// <param name="max">At least min, or null for any number.</param>
    /// <param name="separator">The text between two; nothing by default.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public Pattern Repeated(int min, int? max = null, string separator = "")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max ?? min, min);
        ArgumentNullException.ThrowIfNull(separator);
        return new RepeatedPattern(this, min, max ?? RegexTable.Unbounded, separator);
    }

    /// <summary>The pattern or nothing.</summary>
    public Pattern Optional() => Repeated(0, 1);

    /// <summary>Reads a pattern that <see cref="ToText"/> wrote, perhaps long ago and perhaps by a stranger.</summary>
    /// <param name="text">The text.</param>
    /// <exception cref="ConstraintException">The text is no pattern. Whether its schemas can be used shows when a constraint is made of it.</exception>
    public static Pattern FromText(string text) => PatternText.Read(text ?? throw new ArgumentNullException(nameof(text)));

    /// <summary>The pattern as JSON text, for saves; <see cref="FromText"/> reads it.</summary>
    public string ToText() => PatternText.Write(this);

    /// <summary>Puts the pattern into a grammar.</summary>
    internal abstract Symbol Add(GrammarBuilder builder);

    /// <summary>Writes the pattern as a JSON value that <see cref="PatternText"/> reads.</summary>
    internal abstract void Write(Utf8JsonWriter json);
}
