namespace TinyGpt.Constraints.Schemas;

/// <summary>One way to meet a disjunction: claims, and a change of the shape that says whether it is still possible.</summary>
internal sealed record Alternative(IReadOnlyList<Claim> Claims, Func<Shape, bool>? Change = null);

/// <summary>
/// Takes a goal apart for one type: every claim is unfolded until only what the type's own keywords say is left. Disjunctions make
/// branches, so the result is a list of conjunctions. The number of steps is limited.
/// </summary>
internal abstract class GoalExpansion(JsonTypes type, SchemaFacts facts)
{
    private readonly List<Shape> _shapes = [];
    private int _steps;

    /// <summary>The steps that were taken.</summary>
    public int Steps => _steps;

    protected JsonTypes Type { get; } = type;

    protected SchemaFacts Facts { get; } = facts;

    /// <summary>The shapes of the values that meet the goal.</summary>
    public IReadOnlyList<Shape> Expand(Goal goal, Shape empty)
    {
        Branch branch = new(empty);
        foreach (Claim claim in goal.Claims) branch.Add(claim, null);
        Run(branch);
        return _shapes;
    }

    /// <summary>Adds what the type's keywords say.</summary>
    /// <returns>Whether the shape is still possible.</returns>
    protected abstract bool Affirm(SchemaNode schema, Shape shape, Scope? scope, List<List<Alternative>> choices);

    /// <summary>Adds the ways in which the type's keywords can be missed.</summary>
    protected abstract void Deny(SchemaNode schema, List<Alternative> ways);

    private void Run(Branch branch)
    {
        Languages.RuntimeLimits.CheckStack();
        while (branch.TryTake(out Claim claim, out Scope? scope))
        {
            if (++_steps > SchemaLimits.MaxSteps)
            {
                throw new ConstraintException("too many combinations of alternatives", claim.Schema.Pointer);
            }

            if (claim.IsTrue ? !Affirm(claim.Schema, branch, scope) : !Deny(claim.Schema, branch)) return;
        }

        if (branch.TakeChoice() is not { } choice)
        {
            if (_shapes.Count >= SchemaLimits.MaxShapes) throw new ConstraintException("too many combinations of alternatives");
            _shapes.Add(branch.Shape);
            return;
        }

        for (int i = 0; i < choice.Ways.Count; i++)
        {
            Branch next = i == choice.Ways.Count - 1 ? branch : branch.Clone();
            if (next.Apply(choice.Ways[i], choice.Scope)) Run(next);
        }
    }

    private bool Affirm(SchemaNode schema, Branch branch, Scope? scope)
    {
        if (schema.IsAnything) return true;
        if (schema.IsNothing || !schema.Types.HasFlag(Type)) return false;
        if (schema.Values is { } values)
        {
            if (!values.Any(value => SchemaValidator.TypeOf(value) == Type)) return false;
            branch.Shape.IsListed = true;
        }

        if (NeedsScope(schema))
        {
            scope = new Scope(schema, scope);
            branch.Shape.Scopes.Add(scope);
        }

        List<List<Alternative>> choices = [];
        if (!Affirm(schema, branch.Shape, scope, choices)) return false;
        if (schema.Reference is { } reference && !branch.Add(new Claim(reference, true), scope)) return false;
        foreach (SchemaNode part in schema.AllOf)
        {
            if (!branch.Add(new Claim(part, true), scope)) return false;
        }

        if (schema.Not is { } not && !branch.Add(new Claim(not, false), null)) return false;
        if (schema.AnyOf.Count > 0) choices.Add(AnyOf(schema.AnyOf, scope));
        if (schema.OneOf.Count > 0) choices.Add(OneOf(schema.OneOf));
        if (schema.If is { } condition && (schema.Then is not null || schema.Else is not null))
        {
            choices.Add([If(condition, true, schema.Then, true), If(condition, false, schema.Else, true)]);
        }

        foreach (List<Alternative> ways in choices) branch.Choose(ways, scope);
        return true;
    }

    /// <summary>Whether a schema asks what others have evaluated.</summary>
    protected abstract bool NeedsScope(SchemaNode schema);

    private bool Deny(SchemaNode schema, Branch branch)
    {
        if (schema.IsNothing) return true;
        if (schema.IsAnything) return false;
        if (!schema.Types.HasFlag(Type)) return true;
        List<Alternative> ways = [];
        if (schema.Values is { } values && !DenyValues(schema, values, ways)) return true;
        if (schema.Reference is { } reference) ways.Add(new([new Claim(reference, false)]));
        foreach (SchemaNode part in schema.AllOf) ways.Add(new([new Claim(part, false)]));
        if (schema.AnyOf.Count > 0) ways.Add(new([.. schema.AnyOf.Select(part => new Claim(part, false))]));
        if (schema.OneOf.Count > 0) NotOneOf(schema.OneOf, ways);
        if (schema.Not is { } not) ways.Add(new([new Claim(not, true)]));
        if (schema.If is { } condition)
        {
            if (schema.Then is { } then) ways.Add(If(condition, true, then, false));
            if (schema.Else is { } otherwise) ways.Add(If(condition, false, otherwise, false));
        }

        Deny(schema, ways);
        branch.Choose(ways, null);
        return true;
    }

    /// <returns>False if no listed value has the type, so that none is met.</returns>
    private bool DenyValues(SchemaNode schema, IReadOnlyList<Json.JsonValue> values, List<Alternative> ways)
    {
        List<Claim> others = [];
        foreach (Json.JsonValue value in values)
        {
            if (SchemaValidator.TypeOf(value) == Type) others.Add(new Claim(Facts.Constant(value, schema), false));
        }

        if (others.Count == 0) return false;
        ways.Add(new(others));
        return true;
    }

    private List<Alternative> AnyOf(IReadOnlyList<SchemaNode> schemas, Scope? scope)
    {
        List<SchemaNode> possible = [.. schemas.Where(part => Facts.PossibleTypes(part).HasFlag(Type))];
        if (scope is null || possible.Count <= 1) return [.. possible.Select(part => new Alternative([new Claim(part, true)]))];
        // What is evaluated depends on all branches that hold, so every set of them is a way.
        if (possible.Count > 4) throw new ConstraintException("anyOf of more than 4 schemas under unevaluated properties or items", scope.Schema.Pointer);
        List<Alternative> ways = [];
        for (int set = 1; set < 1 << possible.Count; set++)
        {
            ways.Add(new([.. possible.Where((_, i) => (set >> i & 1) != 0).Select(part => new Claim(part, true))]));
        }

        return ways;
    }

    private List<Alternative> OneOf(IReadOnlyList<SchemaNode> schemas)
    {
        List<SchemaNode> possible = [.. schemas.Where(part => Facts.PossibleTypes(part).HasFlag(Type))];
        List<Alternative> ways = new(possible.Count);
        for (int i = 0; i < possible.Count; i++)
        {
            List<Claim> claims = [new Claim(possible[i], true)];
            for (int j = 0; j < possible.Count; j++)
            {
                if (i != j && !Facts.AreDisjoint(possible[i], possible[j], Type)) claims.Add(new Claim(possible[j], false));
            }

            ways.Add(new(claims));
        }

        return ways;
    }

    private void NotOneOf(IReadOnlyList<SchemaNode> schemas, List<Alternative> ways)
    {
        List<SchemaNode> possible = [.. schemas.Where(part => Facts.PossibleTypes(part).HasFlag(Type))];
        ways.Add(new([.. possible.Select(part => new Claim(part, false))]));
        for (int i = 0; i < possible.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (!Facts.AreDisjoint(possible[i], possible[j], Type)) ways.Add(new([new Claim(possible[i], true), new Claim(possible[j], true)]));
            }
        }
    }

    private static Alternative If(SchemaNode condition, bool isMet, SchemaNode? consequence, bool isTrue) =>
        new(consequence is null ? [new Claim(condition, isMet)] : [new Claim(condition, isMet), new Claim(consequence, isTrue)]);

    /// <summary>A conjunction that is still being taken apart.</summary>
    private sealed class Branch(Shape shape)
    {
        private readonly List<(Claim Claim, Scope? Scope)> _open = [];
        private readonly List<(List<Alternative> Ways, Scope? Scope)> _choices = [];
        private readonly List<Claim> _seen = [];
        private int _next;

        public Shape Shape { get; } = shape;

        /// <returns>False if the claim contradicts another.</returns>
        public bool Add(Claim claim, Scope? scope)
        {
            claim = Goal.Follow(claim);
            if (claim.IsImpossible || _seen.Contains(claim.Negated)) return false;
            // Under another scope the same claim evaluates for that scope too, so it is looked at again.
            if (claim.IsTrivial || (_seen.Contains(claim) && (scope is null || _open.Contains((claim, scope))))) return true;
            _seen.Add(claim);
            _open.Add((claim, scope));
            return true;
        }

        public bool TryTake(out Claim claim, out Scope? scope)
        {
            if (_next == _open.Count)
            {
                (claim, scope) = (default, null);
                return false;
            }

            (claim, scope) = _open[_next++];
            return true;
        }

        public void Choose(List<Alternative> ways, Scope? scope) => _choices.Add((ways, scope));

        /// <summary>The choice with the fewest ways, or null if none is left to make.</summary>
        public (List<Alternative> Ways, Scope? Scope)? TakeChoice()
        {
            int best = -1;
            for (int i = _choices.Count - 1; i >= 0; i--)
            {
                (List<Alternative> ways, Scope? scope) = _choices[i];
                if (scope is null && ways.Exists(way => way.Change is null && way.Claims.All(claim => claim.IsTrivial || _seen.Contains(Goal.Follow(claim)))))
                {
                    _choices.RemoveAt(i);
                    if (best >= 0) best--;
                }
                else if (best < 0 || ways.Count <= _choices[best].Ways.Count)
                {
                    best = i;
                }
            }

            if (best < 0) return null;
            (List<Alternative> Ways, Scope? Scope) taken = _choices[best];
            _choices.RemoveAt(best);
            return taken;
        }

        public bool Apply(Alternative way, Scope? scope)
        {
            if (way.Change is { } change && !change(Shape)) return false;
            foreach (Claim claim in way.Claims)
            {
                if (!Add(claim, claim.IsTrue ? scope : null)) return false;
            }

            return true;
        }

        public Branch Clone()
        {
            Branch copy = new(Shape.Clone()) { _next = _next };
            copy._open.AddRange(_open);
            copy._choices.AddRange(_choices);
            copy._seen.AddRange(_seen);
            return copy;
        }
    }
}
