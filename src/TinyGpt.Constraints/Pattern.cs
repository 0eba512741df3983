using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints;

/// <summary>
/// What an answer consists of, put together in C#: texts, choices, numbers of a range, repetitions, records. <see cref="Constraint.FromPattern"/>
/// makes a constraint of it. Immutable and thread-safe.
/// </summary>
public abstract class Pattern
{
    private Pattern()
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
    public static Pattern OneOf(params IReadOnlyList<Pattern> options) => new Group([.. options], isChoice: true);

    /// <summary>Patterns one after another.</summary>
    /// <param name="parts">Any number.</param>
    public static Pattern Sequence(params IReadOnlyList<Pattern> parts) => new Group([.. parts], isChoice: false);

    /// <summary>A whole number of a range, without zeros before it.</summary>
    /// <param name="min">The least.</param>
    /// <param name="max">The most; at least min.</param>
    /// <exception cref="ArgumentOutOfRangeException">The most is less than the least.</exception>
    public static Pattern WholeNumber(long min, long max)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        return new SchemaPattern($$"""{"type":"integer","minimum":{{min}},"maximum":{{max}}}""");
    }

    /// <summary>JSON that a schema allows, without white space between its parts.</summary>
    /// <param name="schema">The JSON schema.</param>
    public static Pattern Json(string schema) => new SchemaPattern(schema ?? throw new ArgumentNullException(nameof(schema)));

    /// <summary>A JSON object with given members, in this order and without white space.</summary>
    /// <param name="members">Names and what their values are.</param>
    public static Pattern Record(params IReadOnlyList<(string Name, Pattern Value)> members)
    {
        List<Pattern> parts = [Text("{")];
        for (int i = 0; i < members.Count; i++)
        {
            string name = System.Text.Json.JsonEncodedText.Encode(members[i].Name, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
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
        return new Repetition(this, min, max ?? RegexTable.Unbounded, separator);
    }

    /// <summary>The pattern or nothing.</summary>
    public Pattern Optional() => Repeated(0, 1);

    /// <summary>Puts the pattern into a grammar.</summary>
    internal abstract Symbol Add(GrammarBuilder builder);

    private sealed class TextPattern(string text) : Pattern
    {
        internal override Symbol Add(GrammarBuilder builder) => builder.Literal(text);
    }

    private sealed class SchemaPattern(string schema) : Pattern
    {
        internal override Symbol Add(GrammarBuilder builder) =>
            Constraint.AddJsonSchema(builder, System.Text.Encoding.UTF8.GetBytes(schema), new JsonSchemaOptions { IsCompact = true });
    }

    private sealed class Group(Pattern[] parts, bool isChoice) : Pattern
    {
        internal override Symbol Add(GrammarBuilder builder)
        {
            Symbol[] symbols = Array.ConvertAll(parts, part => part.Add(builder));
            return isChoice ? builder.Choice(symbols) : builder.Sequence(symbols);
        }
    }

    private sealed class Repetition(Pattern body, int min, int max, string separator) : Pattern
    {
        internal override Symbol Add(GrammarBuilder builder)
        {
            Symbol item = body.Add(builder);
            if (separator.Length == 0 || max == 0)
            {
                return builder.Repeat(item, min, max);
            }

            Symbol further = builder.Sequence(builder.Literal(separator), item);
            Symbol all = builder.Sequence(
                item, builder.Repeat(further, Math.Max(min - 1, 0), max == RegexTable.Unbounded ? max : max - 1));
            return min == 0 ? builder.Optional(all) : all;
        }
    }
}
