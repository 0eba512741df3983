using TinyGpt.Constraints.Formats;
using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// The strings that satisfy a schema, as a language of what is between the quotes. Regular languages are closed under everything that
/// schemas are combined by, so nothing is lost.
/// </summary>
internal sealed class StringLanguages(RegexTable regex, JsonCharacters characters)
{
    private readonly Dictionary<SchemaNode, Language?> _known = [];

    /// <summary>The strings that meet claims.</summary>
    /// <exception cref="ConstraintException">A format would have to be negated that cannot be, or a schema refers to itself.</exception>
    public RegexNode Of(IReadOnlyList<Claim> claims)
    {
        Language all = new(characters.Text, true);
        foreach (Claim claim in claims) all = And(all, claim.IsTrue ? Of(claim.Schema) : Not(Of(claim.Schema), claim.Schema));
        return all.Node;
    }

    /// <summary>A language, and whether it is all of what is meant: formats leave out rare texts, and then there is no complement.</summary>
    private readonly record struct Language(RegexNode Node, bool IsExact);

    private Language Of(SchemaNode schema)
    {
        if (schema.IsAnything) return new Language(characters.Text, true);
        if (schema.IsNothing || !schema.Types.HasFlag(JsonTypes.String)) return new Language(RegexNode.Nothing, true);
        if (_known.TryGetValue(schema, out Language? known))
        {
            return known ?? throw new ConstraintException("the schema refers to itself without anything between", schema.Pointer);
        }

        RuntimeLimits.CheckStack();
        _known.Add(schema, null);
        Language language = Combined(schema);
        _known[schema] = language;
        return language;
    }

    private Language Combined(SchemaNode schema)
    {
        Language language = Own(schema);
        if (schema.Reference is { } reference) language = And(language, Of(reference));
        foreach (SchemaNode part in schema.AllOf) language = And(language, Of(part));
        if (schema.AnyOf.Count > 0) language = And(language, Or([.. schema.AnyOf.Select(Of)]));
        if (schema.OneOf.Count > 0) language = And(language, ExactlyOne(schema));
        if (schema.Not is { } not) language = And(language, Not(Of(not), not));
        if (schema.If is { } condition && (schema.Then is not null || schema.Else is not null))
        {
            Language met = Of(condition);
            Language then = schema.Then is { } consequence ? Of(consequence) : new Language(characters.Text, true);
            Language otherwise = schema.Else is { } alternative ? Of(alternative) : new Language(characters.Text, true);
            language = And(language, Or([And(met, then), And(Not(met, condition), otherwise)]));
        }

        return language;
    }

    private Language Own(SchemaNode schema)
    {
        Language language = new(characters.Text, true);
        if (schema.Values is { } values)
        {
            RegexNode[] literals = [.. values.Where(value => value.Kind == JsonKind.String).Select(value => characters.Literal(value.Text))];
            language = new Language(regex.Union(literals), true);
        }

        if (schema.MinLength > 0 || schema.MaxLength is not null) language = And(language, Length(schema.MinLength, schema.MaxLength));
        if (schema.Pattern is { } pattern) language = And(language, new Language(characters.Of(pattern), true));
        if (schema.Format is { } format) language = And(language, Of(format));
        return language;
    }

    private Language Of(StringFormat format)
    {
        Language language = new(characters.Of(format.Texts), format.IsExact);
        return format.MaxLength is null ? language : And(language, Length(0, format.MaxLength));
    }

    private Language Length(int min, int? max) =>
        new(max < min ? RegexNode.Nothing : regex.Repeat(characters.Any, min, max ?? RegexTable.Unbounded), true);

    /// <summary>The strings that satisfy one of the schemas and no other.</summary>
    private Language ExactlyOne(SchemaNode schema)
    {
        Language[] parts = [.. schema.OneOf.Select(Of).Where(part => !IsNone(part.Node))];
        List<Language> exclusive = [];
        for (int i = 0; i < parts.Length; i++)
        {
            Language alone = parts[i];
            for (int j = 0; j < parts.Length; j++)
            {
                if (i != j && !IsNone(And(parts[i], parts[j]).Node)) alone = And(alone, Not(parts[j], schema));
            }

            exclusive.Add(alone);
        }

        return Or([.. exclusive]);
    }

    private bool IsNone(RegexNode node) => regex.ShortestLength(node) >= RegexTable.Unreachable;

    private Language And(Language a, Language b)
    {
        if (a.Node == characters.Text) return b;
        if (b.Node == characters.Text) return a;
        return new Language(regex.Intersect(a.Node, b.Node), a.IsExact && b.IsExact);
    }

    private Language Or(ReadOnlySpan<Language> parts)
    {
        RegexNode node = RegexNode.Nothing;
        bool isExact = true;
        foreach (Language part in parts)
        {
            if (part.Node == characters.Text) return part;
            node = regex.Union(node, part.Node);
            isExact &= part.IsExact;
        }

        return new Language(node, isExact);
    }

    private Language Not(Language language, SchemaNode schema)
    {
        if (language.Node.IsNothing && language.IsExact) return new Language(characters.Text, true);
        if (language.Node == characters.Text) return new Language(RegexNode.Nothing, true);
        if (!language.IsExact) throw new ConstraintException("a format of which rare texts are left out cannot be negated", schema.Pointer);
        return new Language(regex.Intersect(characters.Text, regex.Complement(language.Node)), true);
    }
}
