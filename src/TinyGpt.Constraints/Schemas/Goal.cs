namespace TinyGpt.Constraints.Schemas;

/// <summary>That a value satisfies a schema, or that it does not.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="IsTrue">Whether it is satisfied.</param>
internal readonly record struct Claim(SchemaNode Schema, bool IsTrue)
{
    /// <summary>Whether no value can meet the claim.</summary>
    public bool IsImpossible => IsTrue ? Schema.IsNothing : Schema.IsAnything;

    /// <summary>Whether every value meets the claim.</summary>
    public bool IsTrivial => IsTrue ? Schema.IsAnything : Schema.IsNothing;

    public Claim Negated => new(Schema, !IsTrue);
}

/// <summary>
/// What a value must meet: a set of claims. There are finitely many for a document, so that recursion through references ends. Immutable.
/// </summary>
internal sealed class Goal : IEquatable<Goal>
{
    private readonly int _hash;

    private Goal(Claim[] claims)
    {
        Claims = claims;
        HashCode code = default;
        foreach (Claim claim in claims) code.Add(claim);
        _hash = code.ToHashCode();
    }

    /// <summary>Any value.</summary>
    public static Goal Anything { get; } = new([]);

    /// <summary>No value.</summary>
    public static Goal Nothing { get; } = new([]);

    /// <summary>In the schemas' order.</summary>
    public IReadOnlyList<Claim> Claims { get; }

    public bool IsNothing => ReferenceEquals(this, Nothing);

    public bool IsAnything => Claims.Count == 0 && !IsNothing;

    /// <summary>The goal of meeting all claims.</summary>
    public static Goal Of(IReadOnlyList<Claim> claims)
    {
        List<Claim> kept = new(claims.Count);
        foreach (Claim original in claims)
        {
            Claim claim = Follow(original);
            if (claim.IsImpossible || kept.Contains(claim.Negated)) return Nothing;
            if (!claim.IsTrivial && !kept.Contains(claim)) kept.Add(claim);
        }

        if (kept.Count == 0) return Anything;
        kept.Sort(static (a, b) => a.Schema.Id != b.Schema.Id ? a.Schema.Id.CompareTo(b.Schema.Id) : a.IsTrue.CompareTo(b.IsTrue));
        return new Goal([.. kept]);
    }

    public static Goal Of(Claim claim) => Of([claim]);

    /// <summary>Where a schema is nothing but a reference, what it refers to.</summary>
    public static Claim Follow(Claim claim)
    {
        for (int i = 0; i < 100 && claim.Schema.IsOnlyReference; i++) claim = claim with { Schema = claim.Schema.Reference! };
        return claim;
    }

    public bool Equals(Goal? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || _hash != other._hash || IsNothing || other.IsNothing || Claims.Count != other.Claims.Count) return false;
        for (int i = 0; i < Claims.Count; i++)
        {
            if (Claims[i] != other.Claims[i]) return false;
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as Goal);

    public override int GetHashCode() => _hash;

    /// <summary>Where messages say that the goal comes from.</summary>
    public override string ToString() => Claims.Count == 0 ? "#" : Claims[0].Schema.Pointer;
}
