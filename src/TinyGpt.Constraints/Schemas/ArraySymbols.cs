using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Schemas;

/// <summary>Arrays of a shape as symbols.</summary>
internal sealed class ArraySymbols(GrammarBuilder builder, JsonSymbols json, RepetitionSymbols repetitions, SchemaCompiler compiler)
{
    private const int MaxUnique = 8;
    private const int MaxPrefix = 2000;

    /// <exception cref="ConstraintException">Something cannot be kept exactly.</exception>
    public Symbol Of(ArrayShape shape)
    {
        ConstraintException Refused(string what) => new(what, shape.Contributors.Count > 0 ? shape.Contributors[0].Schema.Pointer : "");
        int prefix = shape.Extras.Select(extra => extra.Index + 1).Append(0).Max();
        foreach (Contributor contributor in shape.Contributors) prefix = Math.Max(prefix, contributor.Schema.PrefixItems.Count);
        if (prefix > MaxPrefix) throw Refused($"more than {MaxPrefix} different items in an array");
        int max = shape.Max;
        // Where an item can have no value, the array ends before it.
        for (int i = 0; i <= prefix; i++)
        {
            if (max > i && ItemGoal(shape, i, prefix).IsNothing) max = i;
        }

        if (max < shape.Min) return Symbol.Nothing;
        if (shape.IsUnique && max > 1) return Unique(shape, prefix, max) ?? throw Refused("uniqueItems, unless few values are possible");
        List<SomeItem> some = [.. shape.Some.Where(item => item.Min > 0 || item.Max < int.MaxValue)];
        if (some.Exists(item => item.Max < int.MaxValue)) return Counted(shape, some, prefix, max) ?? throw Refused("maxContains together with other keywords");
        int[] wanted = [.. some.Select(item => item.Min)];
        foreach (SomeItem item in some) prefix = Math.Max(prefix, item.From);
        Symbol[] parts = [json.OpenArray, Items(new Context(shape, some, prefix, max), 0, wanted), json.CloseArray];
        return builder.Sequence(parts);
    }

    private sealed record Context(ArrayShape Shape, List<SomeItem> Some, int Prefix, int Max)
    {
        public Dictionary<string, Symbol> Known { get; } = [];
    }

    /// <summary>The items from an index on, with the comma before each but the first.</summary>
    private Symbol Items(Context context, int index, int[] wanted)
    {
        RuntimeLimits.CheckStack();
        if (index >= context.Prefix)
        {
            RepetitionSymbols.Plan plan = new(
                set => compiler.Value(ItemGoal(context.Shape, index, context.Prefix, Claims(context.Some, set))), wanted, context.Shape.Min, context.Max);
            return repetitions.After(plan, index);
        }

        string key = $"{index}:{string.Join(',', wanted)}";
        if (context.Known.TryGetValue(key, out Symbol known)) return known;
        List<Symbol> options = [];
        for (int set = 0; set < 1 << wanted.Length && index < context.Max; set++)
        {
            int[] left = [.. wanted.Select((times, i) => (set >> i & 1) != 0 ? times - 1 : times)];
            if (left.Any(times => times < 0) || context.Some.Where((item, i) => (set >> i & 1) != 0 && item.From > index).Any()) continue;
            Symbol item = compiler.Value(ItemGoal(context.Shape, index, context.Prefix, Claims(context.Some, set)));
            if (item != Symbol.Nothing) options.Add(builder.Sequence(index > 0 ? json.Comma : Symbol.Empty, item, Items(context, index + 1, left)));
        }

        if (index >= context.Shape.Min && wanted.All(times => times == 0)) options.Add(Symbol.Empty);
        Symbol items = builder.Choice([.. options]);
        context.Known.Add(key, items);
        return items;
    }

    private static IEnumerable<Claim> Claims(List<SomeItem> some, int set) => some.Where((_, i) => (set >> i & 1) != 0).Select(item => item.Claim);

    private static Goal ItemGoal(ArrayShape shape, int index, int prefix, IEnumerable<Claim>? more = null)
    {
        List<Claim> claims = [];
        foreach (Contributor contributor in shape.Contributors)
        {
            if (contributor.Schema.ItemAt(index) is { } item) claims.Add(new Claim(item, true));
        }

        foreach ((int at, Claim claim) in shape.Extras)
        {
            if (at == index && index < prefix) claims.Add(claim);
        }

        foreach (Scope scope in shape.Scopes)
        {
            bool isEvaluated = false;
            foreach (Contributor contributor in shape.Contributors)
            {
                if (!scope.Contains(contributor.Scope)) continue;
                if (contributor.Schema.Contains is not null)
                {
                    throw new ConstraintException("contains together with unevaluatedItems", contributor.Schema.Pointer);
                }

                isEvaluated |= contributor.Schema.ItemAt(index) is not null;
            }

            if (!isEvaluated) claims.Add(new Claim(scope.Schema.UnevaluatedItems!, true));
        }

        claims.AddRange(shape.Every);
        if (more is not null) claims.AddRange(more);
        return Goal.Of(claims);
    }

    /// <summary>Items of which between two numbers meet one claim, and the others do not.</summary>
    private Symbol? Counted(ArrayShape shape, List<SomeItem> some, int prefix, int max)
    {
        if (some.Count > 1 || prefix > 0 || some[0].From > 0) return null;
        SomeItem item = some[0];
        Symbol other = compiler.Value(ItemGoal(shape, 0, prefix, [item.Claim.Negated]));
        Symbol wanted = compiler.Value(ItemGoal(shape, 0, prefix, [item.Claim]));
        int most = Math.Min(item.Max, max);
        if ((shape.Min > item.Min || max < int.MaxValue) && (long)most * Math.Max(shape.Min, max < int.MaxValue ? max : 0) > 4000) return null;
        Dictionary<(int Count, int Found), Symbol> known = [];
        return builder.Sequence(json.OpenArray, From(0, 0), json.CloseArray);

        Symbol From(int count, int found)
        {
            RuntimeLimits.CheckStack();
            if (max == int.MaxValue) count = Math.Min(count, Math.Max(shape.Min, 1));
            if (known.TryGetValue((count, found), out Symbol symbol)) return symbol;
            symbol = builder.Rule("items");
            known.Add((count, found), symbol);
            List<Symbol> options = [];
            Symbol comma = count > 0 ? json.Comma : Symbol.Empty;
            if (count >= shape.Min && found >= item.Min) options.Add(Symbol.Empty);
            if (count < max) options.Add(builder.Sequence(comma, other, From(count + 1, found)));
            if (count < max && found < most) options.Add(builder.Sequence(comma, wanted, From(count + 1, found + 1)));
            builder.Define(symbol, builder.Choice([.. options]));
            return symbol;
        }
    }

    /// <summary>Arrays of different items, where every item is one of few values.</summary>
    private Symbol? Unique(ArrayShape shape, int prefix, int max)
    {
        if (prefix > 0 || shape.Some.Count > 0 || compiler.FewValues(ItemGoal(shape, 0, prefix), MaxUnique) is not { } values) return null;
        max = Math.Min(max, values.Count);
        if (max < shape.Min) return Symbol.Nothing;
        Symbol[] items = [.. values.Select(json.Constant)];
        Dictionary<int, Symbol> known = [];
        return builder.Sequence(json.OpenArray, From(0), json.CloseArray);

        Symbol From(int used)
        {
            if (known.TryGetValue(used, out Symbol symbol)) return symbol;
            int count = System.Numerics.BitOperations.PopCount((uint)used);
            List<Symbol> options = [];
            if (count >= shape.Min) options.Add(Symbol.Empty);
            for (int i = 0; i < items.Length && count < max; i++)
            {
                if ((used >> i & 1) == 0) options.Add(builder.Sequence(count > 0 ? json.Comma : Symbol.Empty, items[i], From(used | 1 << i)));
            }

            symbol = builder.Choice([.. options]);
            known.Add(used, symbol);
            return symbol;
        }
    }
}
