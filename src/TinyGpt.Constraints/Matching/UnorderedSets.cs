using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Matching;

/// <summary>
/// Which members of an unordered node were read, and how many with all others as far as that matters. Equal sets are one number. What a
/// frame has is a set and one more member; the set with it is made when that member is read to its end.
/// </summary>
internal sealed class UnorderedSets
{
    private GrowingArray<Entry> _sets = new(64);
    private GrowingArray<(int Set, int Member)> _next = new(256);
    private GrowingArray<ulong> _bits = new(256);
    private HashIndex _index = new(64);
    private HashIndex _nextIndex = new(256);
    private Grammar _grammar = null!;

    /// <summary>How many sets with one more member there are.</summary>
    public int Size => _next.Count;

    /// <summary>Bytes of the sets.</summary>
    public MemoryCount Memory => _sets.Memory + _next.Memory + _bits.Memory + _index.Memory + _nextIndex.Memory;

    public void Use(Grammar grammar) => _grammar = grammar;

    public void Clear()
    {
        _sets.Truncate(0);
        _next.Truncate(0);
        _bits.Truncate(0);
        _index.Truncate(0);
        _nextIndex.Truncate(0);
    }

    /// <summary>The set of no members.</summary>
    public int Empty(int node)
    {
        Span<ulong> bits = stackalloc ulong[8];
        int words = Members(node).Words;
        if (words > bits.Length)
        {
            bits = new ulong[words];
        }

        bits.Clear();
        return Intern(node, bits[..words], 0);
    }

    /// <summary>The members of a set.</summary>
    public ReadOnlySpan<ulong> Bits(int set) => _bits.Span.Slice(_sets[set].Start, _sets[set].Words);

    /// <summary>How many members and others were read.</summary>
    public int Count(int set) => _sets[set].Count;

    /// <summary>A set and one more member, as a number above 0.</summary>
    public int With(int set, int member)
    {
        int hash = HashCode.Combine(set, member);
        for (int i = _nextIndex.First(hash); i >= 0; i = _nextIndex.Next(i))
        {
            if (_next[i] == (set, member))
            {
                return i + 1;
            }
        }

        _nextIndex.Add(hash);
        return _next.Add((set, member)) + 1;
    }

    /// <summary>The set of a number of <see cref="With"/>.</summary>
    public int Take(int with)
    {
        (int set, int member) = _next[with - 1];
        Entry entry = _sets[set];
        Span<ulong> bits = stackalloc ulong[8];
        if (entry.Words > bits.Length)
        {
            bits = new ulong[entry.Words];
        }

        Bits(set).CopyTo(bits);
        UnorderedMembers members = Members(entry.Node);
        if (member < members.Count)
        {
            UnorderedMembers.Add(bits, member);
        }

        return Intern(entry.Node, bits[..entry.Words], Next(members, entry.Count));
    }

    /// <summary>Bytes of the shortest text after the set of a number of <see cref="With"/>.</summary>
    public int Distance(int with)
    {
        (int set, int member) = _next[with - 1];
        UnorderedMembers members = Members(_sets[set].Node);
        ReadOnlySpan<GrammarRule> rules = _grammar.Rules;
        if (members.Min <= Next(members, _sets[set].Count) + members.Missing(Bits(set)) - (member < members.Required ? 1 : 0))
        {
            int own = member < members.Required ? rules[members.Rule(member, false)].Distance : 0;
            return _sets[set].Missing - own;
        }

        Span<ulong> bits = stackalloc ulong[8];
        if (_sets[set].Words > bits.Length)
        {
            bits = new ulong[_sets[set].Words];
        }

        Bits(set).CopyTo(bits);
        if (member < members.Count)
        {
            UnorderedMembers.Add(bits, member);
        }

        return members.Distance(bits, Next(members, _sets[set].Count), rules);
    }

    private static int Next(in UnorderedMembers members, int count) =>
        members.Max == RegexTable.Unbounded ? Math.Min(count + 1, Math.Max(members.Min, 1)) : count + 1;

    private UnorderedMembers Members(int node) => new(_grammar.Nodes[node], _grammar.Lists);

    private int Intern(int node, ReadOnlySpan<ulong> bits, int count)
    {
        HashCode code = default;
        code.Add(node);
        code.Add(count);
        code.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(bits));
        int hash = code.ToHashCode();
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            if (_sets[i].Node == node && _sets[i].Count == count && Bits(i).SequenceEqual(bits))
            {
                return i;
            }
        }

        _index.Add(hash);
        UnorderedMembers members = Members(node);
        long missing = 0;
        for (int i = 0; i < members.Required; i++)
        {
            missing += UnorderedMembers.Has(bits, i) ? 0 : _grammar.Rules[members.Rule(i, false)].Distance;
        }

        return _sets.Add(new Entry
        {
            Node = node,
            Start = _bits.AddRange(bits),
            Words = bits.Length,
            Count = count,
            Missing = (int)Math.Min(missing, RegexTable.Unreachable),
        });
    }

    private struct Entry
    {
        public int Node;
        public int Start;
        public int Words;
        public int Count;
        public int Missing;
    }
}
