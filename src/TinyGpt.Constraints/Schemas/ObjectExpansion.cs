namespace TinyGpt.Constraints.Schemas;

/// <summary>Takes goals apart for objects.</summary>
internal sealed class ObjectExpansion(SchemaFacts facts) : GoalExpansion(JsonTypes.Object, facts)
{
    protected override bool NeedsScope(SchemaNode schema) => schema.UnevaluatedProperties is not null;

    protected override bool Affirm(SchemaNode schema, Shape shape, Scope? scope, List<List<Alternative>> choices)
    {
        ObjectShape value = (ObjectShape)shape;
        if (schema.SaysProperties) value.Contributors.Add(new Contributor(schema, scope));
        foreach (string name in schema.Required)
        {
            if (!value.Require(name)) return false;
        }

        if (schema.PropertyNames is { } names)
        {
            if (names.IsNothing && !value.AtMost(0)) return false;
            if (!names.IsAnything) value.Names.Add(new Claim(names, true));
        }

        foreach ((string name, IReadOnlyList<string> required) in schema.DependentRequired)
        {
            choices.Add([Without(name), new([], changed => Require(changed, name) && required.All(other => Require(changed, other)))]);
        }

        foreach ((string name, SchemaNode dependent) in schema.DependentSchemas)
        {
            if (!dependent.IsAnything) choices.Add([Without(name), new([new Claim(dependent, true)], changed => Require(changed, name))]);
        }

        return value.AtLeast(schema.MinProperties) && (schema.MaxProperties is not { } max || value.AtMost(max));
    }

    protected override void Deny(SchemaNode schema, List<Alternative> ways)
    {
        if (schema.UnevaluatedProperties is not null) throw new ConstraintException("unevaluatedProperties cannot be negated", schema.Pointer);
        if (schema.MinProperties > 0) ways.Add(new([], shape => shape.AtMost(schema.MinProperties - 1)));
        if (schema.MaxProperties is { } max) ways.Add(new([], shape => shape.AtLeast(max + 1)));
        foreach (string name in schema.Required) ways.Add(Without(name));
        foreach ((string name, SchemaNode property) in schema.Properties)
        {
            Claim claim = new(property, false);
            if (!claim.IsImpossible) ways.Add(new([], shape => With(shape, name, claim)));
        }

        foreach (PatternProperty pattern in schema.PatternProperties) AddSome(ways, new NameCondition(Pattern: pattern), pattern.Schema);
        if (schema.AdditionalProperties is { } additional) AddSome(ways, new NameCondition(Unlisted: schema), additional);
        if (schema.PropertyNames is { IsAnything: false } names)
        {
            SomeProperty some = new(new NameCondition(Claim: new Claim(names, false)), new Claim(Facts.Anything, true));
            ways.Add(new([], shape => Some(shape, some)));
        }

        foreach ((string name, IReadOnlyList<string> required) in schema.DependentRequired)
        {
            foreach (string other in required) ways.Add(new([], shape => Require(shape, name) && ((ObjectShape)shape).Forbid(other)));
        }

        foreach ((string name, SchemaNode dependent) in schema.DependentSchemas)
        {
            ways.Add(new([new Claim(dependent, false)], shape => Require(shape, name)));
        }
    }

    private static Alternative Without(string name) => new([], shape => ((ObjectShape)shape).Forbid(name));

    private static bool Require(Shape shape, string name) => ((ObjectShape)shape).Require(name);

    private static bool With(Shape shape, string name, Claim claim)
    {
        ((ObjectShape)shape).Extras.Add((name, claim));
        return Require(shape, name);
    }

    private static bool Some(Shape shape, SomeProperty some)
    {
        ((ObjectShape)shape).Some.Add(some);
        return shape.AtLeast(1);
    }

    private static void AddSome(List<Alternative> ways, NameCondition names, SchemaNode schema)
    {
        if (schema.IsAnything) return;
        SomeProperty some = new(names, new Claim(schema, false));
        ways.Add(new([], shape => Some(shape, some)));
    }
}
