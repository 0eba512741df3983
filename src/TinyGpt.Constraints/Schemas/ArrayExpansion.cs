namespace TinyGpt.Constraints.Schemas;

/// <summary>Takes goals apart for arrays.</summary>
internal sealed class ArrayExpansion(SchemaFacts facts) : GoalExpansion(JsonTypes.Array, facts)
{
    protected override bool NeedsScope(SchemaNode schema) => schema.UnevaluatedItems is not null;

    protected override bool Affirm(SchemaNode schema, Shape shape, Scope? scope, List<List<Alternative>> choices)
    {
        ArrayShape array = (ArrayShape)shape;
        if (schema.SaysItems || schema.Contains is not null) array.Contributors.Add(new Contributor(schema, scope));
        array.IsUnique |= schema.UniqueItems;
        if (schema.Contains is { } excluded && schema.MaxContains == 0)
        {
            if (schema.MinContains > 0) return false;
            array.Every.Add(new Claim(excluded, false));
        }
        else if (schema.Contains is { } contains && (schema.MinContains > 0 || schema.MaxContains is not null))
        {
            array.Some.Add(new SomeItem(new Claim(contains, true), 0, schema.MinContains, schema.MaxContains ?? int.MaxValue));
            if (!array.AtLeast(schema.MinContains)) return false;
        }

        return array.AtLeast(schema.MinItems) && (schema.MaxItems is not { } max || array.AtMost(max));
    }

    protected override void Deny(SchemaNode schema, List<Alternative> ways)
    {
        if (schema.UnevaluatedItems is not null) throw new ConstraintException("unevaluatedItems cannot be negated", schema.Pointer);
        if (schema.UniqueItems) throw new ConstraintException("uniqueItems cannot be negated", schema.Pointer);
        if (schema.MinItems > 0) ways.Add(new([], shape => shape.AtMost(schema.MinItems - 1)));
        if (schema.MaxItems is { } max) ways.Add(new([], shape => shape.AtLeast(max + 1)));
        for (int i = 0; i < schema.PrefixItems.Count; i++)
        {
            int index = i;
            Claim claim = new(schema.PrefixItems[i], false);
            if (claim.IsImpossible) continue;
            ways.Add(new([], shape =>
            {
                ((ArrayShape)shape).Extras.Add((index, claim));
                return shape.AtLeast(index + 1);
            }));
        }

        if (schema.Items is { } items && !items.IsAnything) ways.Add(Some(new SomeItem(new Claim(items, false), schema.PrefixItems.Count, 1, int.MaxValue)));
        if (schema.Contains is not { } contains) return;
        if (schema.MinContains == 1)
        {
            ways.Add(new([], shape =>
            {
                ((ArrayShape)shape).Every.Add(new Claim(contains, false));
                return true;
            }));
        }

        if (schema.MinContains > 1) ways.Add(Some(new SomeItem(new Claim(contains, true), 0, 0, schema.MinContains - 1)));
        if (schema.MaxContains is { } most) ways.Add(Some(new SomeItem(new Claim(contains, true), 0, most + 1, int.MaxValue)));
    }

    private static Alternative Some(SomeItem item) => new([], shape =>
    {
        ((ArrayShape)shape).Some.Add(item);
        return item.Min == 0 || shape.AtLeast(item.From + item.Min);
    });
}
