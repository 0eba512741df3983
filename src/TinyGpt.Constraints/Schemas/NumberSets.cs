using TinyGpt.Constraints.Json;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Numbers;

namespace TinyGpt.Constraints.Schemas;

/// <summary>The numbers that satisfy a schema.</summary>
internal sealed class NumberSets
{
    private readonly Dictionary<SchemaNode, NumberSet?> _known = [];

    /// <summary>The numbers that meet claims.</summary>
    /// <exception cref="ConstraintException">There are too many ranges, or a schema refers to itself.</exception>
    public NumberSet Of(IReadOnlyList<Claim> claims)
    {
        NumberSet all = NumberSet.All;
        foreach (Claim claim in claims) all = all.Intersect(claim.IsTrue ? Of(claim.Schema) : Of(claim.Schema).Complement());
        return all;
    }

    private NumberSet Of(SchemaNode schema)
    {
        if (schema.IsAnything) return NumberSet.All;
        if (schema.IsNothing || !schema.Types.HasFlag(JsonTypes.Number)) return NumberSet.None;
        if (_known.TryGetValue(schema, out NumberSet? known))
        {
            return known ?? throw new ConstraintException("the schema refers to itself without anything between", schema.Pointer);
        }

        RuntimeLimits.CheckStack();
        _known.Add(schema, null);
        NumberSet set = Combined(schema);
        _known[schema] = set;
        return set;
    }

    private NumberSet Combined(SchemaNode schema)
    {
        NumberSet set = schema.Numbers;
        if (schema.Values is { } values) set = set.Intersect(Listed(schema, values));
        if (schema.Reference is { } reference) set = set.Intersect(Of(reference));
        foreach (SchemaNode part in schema.AllOf) set = set.Intersect(Of(part));
        if (schema.AnyOf.Count > 0) set = set.Intersect(schema.AnyOf.Aggregate(NumberSet.None, (sum, part) => sum.Union(Of(part))));
        if (schema.OneOf.Count > 0) set = set.Intersect(ExactlyOne(schema.OneOf));
        if (schema.Not is { } not) set = set.Intersect(Of(not).Complement());
        if (schema.If is { } condition && (schema.Then is not null || schema.Else is not null))
        {
            NumberSet met = Of(condition);
            NumberSet then = schema.Then is { } consequence ? Of(consequence) : NumberSet.All;
            NumberSet otherwise = schema.Else is { } alternative ? Of(alternative) : NumberSet.All;
            set = set.Intersect(met.Intersect(then).Union(met.Complement().Intersect(otherwise)));
        }

        return set;
    }

    private static NumberSet Listed(SchemaNode schema, IReadOnlyList<JsonValue> values)
    {
        List<NumberRange> points = [];
        foreach (JsonValue value in values)
        {
            if (value.Kind != JsonKind.Number) continue;
            ExactDecimal number = ExactDecimal.Read(value.Text) ??
                throw new ConstraintException($"the number {value.Text} has more digits than are supported", schema.Pointer);
            points.Add(NumberRange.Of(number));
        }

        return NumberSet.Of(points);
    }

    private NumberSet ExactlyOne(IReadOnlyList<SchemaNode> schemas)
    {
        NumberSet[] parts = [.. schemas.Select(Of)];
        NumberSet result = NumberSet.None;
        for (int i = 0; i < parts.Length; i++)
        {
            NumberSet alone = parts[i];
            for (int j = 0; j < parts.Length && !alone.IsNone; j++)
            {
                if (i != j && !alone.Intersect(parts[j]).IsNone) alone = alone.Intersect(parts[j].Complement());
            }

            result = result.Union(alone);
        }

        return result;
    }
}
