using TinyGpt.Constraints.Grammars;

namespace TinyGpt.Constraints.Schemas;

/// <summary>
/// Members or items of which some must meet further claims: a walk whose state is how often each claim must still be met and how many
/// members there are, as far as that matters.
/// </summary>
internal sealed class RepetitionSymbols(GrammarBuilder builder, JsonSymbols json)
{
    /// <summary>The most claims that are followed at once.</summary>
    public const int MaxClaims = 4;

    private const int MaxStates = 4000;

    /// <summary>What is repeated.</summary>
    /// <param name="Member">The symbol of a member that meets the claims of a set, given as bits.</param>
    /// <param name="Wanted">How often each claim must be met.</param>
    /// <param name="Min">The fewest members.</param>
    /// <param name="Max">The most members; <see cref="int.MaxValue"/> for any number.</param>
    internal sealed record Plan(Func<int, Symbol> Member, int[] Wanted, int Min, int Max);

    /// <summary>The members after a number of others, each with its comma.</summary>
    /// <exception cref="ConstraintException">The counts are too large to be followed together.</exception>
    public Symbol After(Plan plan, int count)
    {
        if (plan.Wanted.Length > MaxClaims) throw new ConstraintException($"more than {MaxClaims} conditions that some member must meet");
        return new Walk(builder, json, plan).From(plan.Wanted, count);
    }

    private sealed class Walk(GrammarBuilder builder, JsonSymbols json, Plan plan)
    {
        private readonly Dictionary<string, Symbol> _states = [];

        public Symbol From(int[] wanted, int count)
        {
            Languages.RuntimeLimits.CheckStack();
            if (wanted.All(times => times == 0)) return Plain(count);
            if (count >= plan.Max) return Symbol.Nothing;
            // From the fewest members on only the claims matter, unless there is a maximum. Whether there is one at all matters for the comma.
            if (plan.Max == int.MaxValue) count = Math.Min(count, Math.Max(plan.Min, 1));
            string key = $"{count}:{string.Join(',', wanted)}";
            if (_states.TryGetValue(key, out Symbol known)) return known;
            if (_states.Count >= MaxStates) throw new ConstraintException("conditions that some member must meet, together with these counts");
            Symbol state = builder.Rule("members");
            _states.Add(key, state);
            List<Symbol> options = [];
            for (int set = 0; set < 1 << wanted.Length; set++)
            {
                int[] left = [.. wanted.Select((times, i) => (set >> i & 1) != 0 ? times - 1 : times)];
                if (left.Any(times => times < 0)) continue;
                Symbol member = plan.Member(set);
                if (member == Symbol.Nothing) continue;
                options.Add(builder.Sequence(count > 0 ? json.Comma : Symbol.Empty, member, From(left, count + 1)));
            }

            builder.Define(state, builder.Choice([.. options]));
            return state;
        }

        private Symbol Plain(int count)
        {
            Symbol member = plan.Member(0);
            Symbol further = builder.Sequence(json.Comma, member);
            int min = Math.Max(plan.Min - count, 0);
            int max = plan.Max == int.MaxValue ? int.MaxValue : plan.Max - count;
            if (max < min) return Symbol.Nothing;
            if (count > 0) return builder.Repeat(further, min, max);
            if (max == 0) return Symbol.Empty;
            Symbol some = builder.Sequence(member, builder.Repeat(further, Math.Max(min - 1, 0), max == int.MaxValue ? max : max - 1));
            return min == 0 ? builder.Optional(some) : some;
        }
    }
}
