using System.Text;
using System.Text.Json;
using TinyGpt.Constraints.Expressions;
using TinyGpt.Constraints.Gbnf;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints;

internal sealed class TextPattern(string text) : Pattern
{
    internal override Symbol Add(GrammarBuilder builder) => builder.Literal(text);

    internal override void Write(Utf8JsonWriter json) => json.WriteString(PatternText.Text, text);
}

internal sealed class SchemaPattern(string schema, JsonSchemaOptions options) : Pattern
{
    internal override Symbol Add(GrammarBuilder builder) => Constraint.AddJsonSchema(builder, Encoding.UTF8.GetBytes(schema), options);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString(PatternText.Schema, schema);
        json.WriteBoolean(PatternText.IsCompact, options.IsCompact);
        json.WriteBoolean(PatternText.IsAnyOrder, options.PropertyOrder == PropertyOrder.Any);
    }
}

internal sealed class RegexPattern(string expression) : Pattern
{
    private const int MaxLength = 1 << 20;

    internal override Symbol Add(GrammarBuilder builder)
    {
        if (expression.Length > MaxLength)
        {
            throw new ConstraintException($"The regular expression has {expression.Length:N0} characters; at most {MaxLength:N0} are read.");
        }

        Expression whole = Anchors.Whole(ExpressionParser.Parse(expression), expression);
        return builder.Terminal(new ExpressionLanguages(builder.Regex).Of(whole));
    }

    internal override void Write(Utf8JsonWriter json) => json.WriteString(PatternText.Regex, expression);
}

internal sealed class GbnfPattern(string grammar, string root) : Pattern
{
    internal override Symbol Add(GrammarBuilder builder) => new GbnfReader(grammar, builder).Read(root);

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteString(PatternText.Gbnf, grammar);
        json.WriteString(PatternText.Root, root);
    }
}

internal sealed class GroupPattern(Pattern[] parts, bool isChoice) : Pattern
{
    internal override Symbol Add(GrammarBuilder builder)
    {
        Symbol[] symbols = Array.ConvertAll(parts, part => part.Add(builder));
        return isChoice ? builder.Choice(symbols) : builder.Sequence(symbols);
    }

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray(isChoice ? PatternText.OneOf : PatternText.Sequence);
        foreach (Pattern part in parts)
        {
            json.WriteStartObject();
            part.Write(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}

internal sealed class RepeatedPattern(Pattern body, int min, int max, string separator) : Pattern
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

    internal override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject(PatternText.Repeated);
        body.Write(json);
        json.WriteEndObject();
        json.WriteNumber(PatternText.Min, min);
        if (max != RegexTable.Unbounded)
        {
            json.WriteNumber(PatternText.Max, max);
        }

        json.WriteString(PatternText.Separator, separator);
    }
}
