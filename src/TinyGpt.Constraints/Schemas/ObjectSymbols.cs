using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints.Schemas;

/// <summary>Objects of a shape as symbols: listed properties in the schema's order, then all others, or all in any order.</summary>
internal sealed class ObjectSymbols(
    GrammarBuilder builder,
    JsonSymbols json,
    RepetitionSymbols repetitions,
    StringLanguages strings,
    SchemaValidator validator,
    SchemaCompiler compiler,
    PropertyOrder order)
{
    private const int MaxSplits = 200;
    private const int MaxCounts = 100_000;
    private int _members;

    /// <summary>Adds the objects of a shape.</summary>
    /// <exception cref="ConstraintException">Something cannot be kept exactly.</exception>
    public void Add(ObjectShape shape, List<Symbol> options)
    {
        int before = options.Count;
        Split(shape, 0, options, before);
    }

    /// <summary>
    /// That some property meets a claim is met by a listed one, which is then required, or by one of the others. Both are written down.
    /// </summary>
    private void Split(ObjectShape shape, int from, List<Symbol> options, int before)
    {
        ObjectNames names = new(shape, validator);
        if (names.Patterns.Count > SchemaLimits.MaxNameClasses)
        {
            throw Refused(shape, $"more than {SchemaLimits.MaxNameClasses} patterns for the properties of one object");
        }

        for (int i = from; i < shape.Some.Count; i++)
        {
            SomeProperty some = shape.Some[i];
            foreach (string name in names.Listed)
            {
                if (!names.IsAbout(some.Names, name)) continue;
                ObjectShape met = shape.Clone();
                met.Some.RemoveAt(i);
                met.Extras.Add((name, some.Value));
                if (met.Require(name)) Split(met, i, options, before);
            }
        }

        if (options.Count - before > MaxSplits) throw Refused(shape, "too many ways in which some property can meet a condition");
        if (Of(shape, names) is { } symbol && symbol != Symbol.Nothing) options.Add(symbol);
    }

    private Symbol Of(ObjectShape shape, ObjectNames names)
    {
        List<Member> members = [];
        foreach (string name in names.Listed)
        {
            bool isThere = shape.Presence.TryGetValue(name, out bool presence) && presence;
            if (!isThere && shape.Presence.ContainsKey(name)) continue;
            Goal goal = names.ValueOf(name);
            if (goal.IsNothing || !names.IsAllowed(name))
            {
                if (isThere) return Symbol.Nothing;
                continue;
            }

            members.Add(new Member(builder.Sequence(json.Name(json.Characters.Literal(name)), compiler.Value(goal)), isThere));
        }

        _members += members.Count;
        if (_members > SchemaLimits.MaxMembers) throw Refused(shape, "too many combinations of properties");
        int required = members.Count(member => member.IsRequired);
        if (required > shape.Max) return Symbol.Nothing;
        OtherProperties others = new(shape, names, builder, json, strings, compiler);
        if (order == PropertyOrder.Any && shape.Some.Count == 0)
        {
            return builder.Sequence(json.OpenObject, Unordered(shape, members, others.Member(0)), json.CloseObject);
        }

        Symbol inside = (shape.Min > required || shape.Max < members.Count || (shape.Max < int.MaxValue && others.HasAny) || shape.Some.Count > 0)
            ? Counted(shape, members, others)
            : Plain(members, others);
        return builder.Sequence(json.OpenObject, inside, json.CloseObject);
    }

    private readonly record struct Member(Symbol Symbol, bool IsRequired);

    /// <summary>Members where only what is required matters.</summary>
    private Symbol Plain(List<Member> members, OtherProperties others)
    {
        Symbol other = others.Member(0);
        Symbol tail = builder.Repeat(builder.Sequence(json.Comma, other), 0);
        int first = members.FindIndex(member => member.IsRequired);
        if (first >= 0)
        {
            List<Symbol> parts = [];
            for (int i = 0; i < members.Count; i++)
            {
                if (i < first) parts.Add(builder.Optional(builder.Sequence(members[i].Symbol, json.Comma)));
                else if (i == first) parts.Add(members[i].Symbol);
                else parts.Add(Further(members[i]));
            }

            parts.Add(tail);
            return builder.Sequence(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
        }

        // Nothing is required: whichever member comes first has no comma before it.
        Symbol rest = tail;
        List<Symbol> options = [Symbol.Empty];
        if (other != Symbol.Nothing) options.Add(builder.Sequence(other, tail));
        for (int i = members.Count - 1; i >= 0; i--)
        {
            options.Add(builder.Sequence(members[i].Symbol, rest));
            rest = builder.Sequence(Further(members[i]), rest);
        }

        return builder.Choice(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(options));
    }

    private Symbol Unordered(ObjectShape shape, List<Member> members, Symbol other)
    {
        if (other == Symbol.Nothing && shape.Min > members.Count) return Symbol.Nothing;
        Symbol[] all = [.. members.Where(member => member.IsRequired).Concat(members.Where(member => !member.IsRequired)).Select(member => member.Symbol)];
        return builder.Unordered(all, members.Count(member => member.IsRequired), json.Comma, other, shape.Min, shape.Max);
    }

    private Symbol Further(Member member)
    {
        Symbol symbol = builder.Sequence(json.Comma, member.Symbol);
        return member.IsRequired ? symbol : builder.Optional(symbol);
    }

    /// <summary>Members that are counted, and others of which some must meet claims.</summary>
    private Symbol Counted(ObjectShape shape, List<Member> members, OtherProperties others)
    {
        int limit = shape.Max == int.MaxValue ? Math.Max(shape.Min, 1) : Math.Max(Math.Max(shape.Min, 1), Math.Min(shape.Max, members.Count));
        if ((long)limit * members.Count > MaxCounts) throw Refused(shape, "minProperties or maxProperties together with this number of properties");
        RepetitionSymbols.Plan plan = new(others.Member, [.. shape.Some.Select(_ => 1)], shape.Min, shape.Max);
        Dictionary<int, Symbol> next = [];
        for (int count = 0; count <= Math.Min(limit, members.Count); count++) next[count] = repetitions.After(plan, count);
        for (int i = members.Count - 1; i >= 0; i--)
        {
            Dictionary<int, Symbol> current = [];
            for (int count = 0; count <= Math.Min(limit, i); count++)
            {
                // Where there is no maximum, counts above the minimum are not told apart.
                int after = shape.Max == int.MaxValue ? Math.Min(count + 1, limit) : count + 1;
                Symbol with = count < shape.Max && next.TryGetValue(after, out Symbol rest)
                    ? builder.Sequence(count > 0 ? json.Comma : Symbol.Empty, members[i].Symbol, rest)
                    : Symbol.Nothing;
                current[count] = members[i].IsRequired ? with : builder.Choice(with, next[count]);
            }

            next = current;
        }

        return next[0];
    }

    private static ConstraintException Refused(ObjectShape shape, string what) =>
        new(what, shape.Contributors.Count > 0 ? shape.Contributors[0].Schema.Pointer : "");
}
