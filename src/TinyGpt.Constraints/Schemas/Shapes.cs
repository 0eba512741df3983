namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// Schemas that ask for <c>unevaluatedProperties</c> or <c>unevaluatedItems</c>, from the innermost outwards: what is said under them
/// counts as evaluated for them.
/// </summary>
internal sealed record Scope(SchemaNode Schema, Scope? Outer)
{
    /// <summary>Whether a scope is this one or inside it.</summary>
    public bool Contains(Scope? inner)
    {
        for (; inner is not null; inner = inner.Outer)
        {
            if (ReferenceEquals(inner.Schema, Schema)) return true;
        }

        return false;
    }
}

/// <summary>A schema that says something about properties or items, and the scopes it is in.</summary>
internal readonly record struct Contributor(SchemaNode Schema, Scope? Scope);

/// <summary>
/// Arrays or objects as a conjunction: what is left of a goal when every choice in it has been made. <see cref="GoalExpansion"/> builds it.
/// </summary>
internal abstract class Shape
{
    public List<Contributor> Contributors { get; private init; } = [];

    public List<Scope> Scopes { get; private init; } = [];

    /// <summary>The fewest items or properties.</summary>
    public int Min { get; private set; }

    /// <summary>The most items or properties.</summary>
    public int Max { get; private set; } = int.MaxValue;

    /// <summary>Whether <c>enum</c> or <c>const</c> lists the values, so that they are compared one by one instead.</summary>
    public bool IsListed { get; set; }

    public abstract Shape Clone();

    public bool AtLeast(int count)
    {
        Min = Math.Max(Min, count);
        return Min <= Max;
    }

    public bool AtMost(int count)
    {
        Max = Math.Min(Max, count);
        return Min <= Max;
    }

    protected T Copied<T>(T copy)
        where T : Shape
    {
        copy.Contributors.AddRange(Contributors);
        copy.Scopes.AddRange(Scopes);
        copy.Min = Min;
        copy.Max = Max;
        copy.IsListed = IsListed;
        return copy;
    }
}

/// <summary>Some items, from an index on, meet a claim: a minimum and a maximum number of them.</summary>
internal sealed record SomeItem(Claim Claim, int From, int Min, int Max);

/// <summary>Arrays as a conjunction.</summary>
internal sealed class ArrayShape : Shape
{
    public bool IsUnique { get; set; }

    /// <summary>Claims that one item must meet besides.</summary>
    public List<(int Index, Claim Claim)> Extras { get; } = [];

    public List<SomeItem> Some { get; } = [];

    /// <summary>Claims that every item must meet besides.</summary>
    public List<Claim> Every { get; } = [];

    public override ArrayShape Clone()
    {
        ArrayShape copy = Copied(new ArrayShape { IsUnique = IsUnique });
        copy.Every.AddRange(Every);
        copy.Extras.AddRange(Extras);
        copy.Some.AddRange(Some);
        return copy;
    }
}

/// <summary>Which names something is about: those that match, those that a schema does not list, or those that meet a claim.</summary>
internal sealed record NameCondition(PatternProperty? Pattern = null, SchemaNode? Unlisted = null, Claim? Claim = null);

/// <summary>That some property, of the names given, has a value that meets a claim.</summary>
internal sealed record SomeProperty(NameCondition Names, Claim Value);

/// <summary>Objects as a conjunction.</summary>
internal sealed class ObjectShape : Shape
{
    /// <summary>The names that must be there, or must not.</summary>
    public Dictionary<string, bool> Presence { get; private init; } = new(StringComparer.Ordinal);

    /// <summary>Names in <see cref="Presence"/> and <see cref="Extras"/>, in the order in which they were met.</summary>
    public List<string> Mentioned { get; } = [];

    /// <summary>Claims that one property must meet besides, if it is there.</summary>
    public List<(string Name, Claim Claim)> Extras { get; } = [];

    /// <summary>Claims that every name must meet.</summary>
    public List<Claim> Names { get; } = [];

    public List<SomeProperty> Some { get; } = [];

    public bool Require(string name) => Note(name, true);

    public bool Forbid(string name) => Note(name, false);

    public override ObjectShape Clone()
    {
        ObjectShape copy = Copied(new ObjectShape { Presence = new Dictionary<string, bool>(Presence, StringComparer.Ordinal) });
        copy.Mentioned.AddRange(Mentioned);
        copy.Extras.AddRange(Extras);
        copy.Names.AddRange(Names);
        copy.Some.AddRange(Some);
        return copy;
    }

    private bool Note(string name, bool isThere)
    {
        if (Presence.TryGetValue(name, out bool known)) return known == isThere;
        Presence.Add(name, isThere);
        Mentioned.Add(name);
        return true;
    }
}
