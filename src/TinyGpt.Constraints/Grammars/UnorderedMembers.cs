using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>
/// The members of an unordered node, as the grammar's lists have them: how many there are, how many of the first ones are required, the
/// fewest and the most with all others; then two rules each, for a first member and for one after a separator: any other's, then the
/// members'.
/// </summary>
internal readonly ref struct UnorderedMembers
{
    /// <summary>Numbers before the rules.</summary>
    public const int Header = 4;

    private const int WordBits = 64;
    private readonly ReadOnlySpan<int> _list;

    public UnorderedMembers(in GrammarNode node, int[] lists) => _list = lists.AsSpan(node.A, node.B);

    /// <summary>How many members there are. This is also the number of any other.</summary>
    public int Count => _list[0];

    public int Required => _list[1];

    public int Min => _list[2];

    public int Max => _list[3];

    /// <summary>Words of a set of members.</summary>
    public int Words => (Count + WordBits - 1) / WordBits;

    public static bool Has(ReadOnlySpan<ulong> set, int member) => (set[member / WordBits] >> (member % WordBits) & 1) != 0;

    public static void Add(Span<ulong> set, int member) => set[member / WordBits] |= 1UL << (member % WordBits);

    /// <summary>The rule of a member, or of any other.</summary>
    public int Rule(int member, bool isFirst) => _list[Header + (member == Count ? 0 : 2 * (member + 1)) + (isFirst ? 0 : 1)];

    /// <summary>How many required members are not in a set.</summary>
    public int Missing(ReadOnlySpan<ulong> set)
    {
        int missing = 0;
        for (int i = 0; i < Required; i++)
        {
            missing += Has(set, i) ? 0 : 1;
        }

        return missing;
    }

    /// <summary>Bytes of the shortest text.</summary>
    public int Distance(ReadOnlySpan<GrammarRule> rules)
    {
        if (Math.Max(Required, Min) == 0)
        {
            return 0;
        }

        // The first member has no separator, which is as long before every other.
        ulong[] none = new ulong[Words];
        int all = Distance(none, 0, rules);
        for (int member = 0; all < RegexTable.Unreachable && member <= Count; member++)
        {
            int further = rules[Rule(member, false)].Distance;
            if (further < RegexTable.Unreachable)
            {
                return all - further + rules[Rule(member, true)].Distance;
            }
        }

        return RegexTable.Unreachable;
    }

    /// <summary>Bytes of the shortest text after some members, each of what comes having its separator.</summary>
    /// <param name="set">The members that were read.</param>
    /// <param name="count">How many were read, others included.</param>
    /// <param name="rules">The grammar's rules.</param>
    public int Distance(ReadOnlySpan<ulong> set, int count, ReadOnlySpan<GrammarRule> rules)
    {
        long sum = 0;
        int missing = 0;
        for (int i = 0; i < Required; i++)
        {
            if (!Has(set, i))
            {
                missing++;
                sum += rules[Rule(i, false)].Distance;
            }
        }

        int more = Min - count - missing;
        return more <= 0 || sum >= RegexTable.Unreachable
            ? (int)Math.Min(sum, RegexTable.Unreachable)
            : (int)Math.Min(sum + Shortest(more, set, rules), RegexTable.Unreachable);
    }

    /// <summary>Bytes of the shortest optional members and others.</summary>
    private long Shortest(int number, ReadOnlySpan<ulong> set, ReadOnlySpan<GrammarRule> rules)
    {
        long other = rules[Rule(Count, false)].Distance;
        long sum = 0;
        long last = -1;
        int lastMember = -1;
        while (number > 0)
        {
            // The next longer one: by length, then by place.
            long best = long.MaxValue;
            int bestMember = -1;
            for (int i = Required; i < Count; i++)
            {
                long length = rules[Rule(i, false)].Distance;
                if (!Has(set, i) && (length > last || (length == last && i > lastMember)) && length < best)
                {
                    best = length;
                    bestMember = i;
                }
            }

            if (best > other)
            {
                return sum + (number * other);
            }

            sum += best;
            (last, lastMember) = (best, bestMember);
            number--;
            if (sum >= RegexTable.Unreachable)
            {
                break;
            }
        }

        return sum;
    }
}
