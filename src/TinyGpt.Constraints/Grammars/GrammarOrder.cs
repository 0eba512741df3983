using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>Orders rules so that callers come before the rules that they call at their start, and refuses left recursion.</summary>
internal static class GrammarOrder
{
    /// <summary>Sorts the rules and renumbers the calls.</summary>
    /// <exception cref="ConstraintException">A rule calls itself before anything is read.</exception>
    public static void Sort(GrammarNode[] nodes, int[] lists, GrammarRule[] rules, RegexTable regex)
    {
        Search search = new(nodes, lists, rules, regex);
        int[] order = search.Run();
        int[] place = new int[rules.Length];
        GrammarRule[] sorted = new GrammarRule[rules.Length];
        for (int i = 0; i < order.Length; i++)
        {
            place[order[i]] = i;
            sorted[i] = rules[order[i]];
        }

        sorted.CopyTo(rules, 0);
        foreach (ref GrammarNode node in nodes.AsSpan())
        {
            if (node.Kind is GrammarNodeKind.Call or GrammarNodeKind.Loop)
            {
                node.A = place[node.A];
            }
            else if (node.Kind == GrammarNodeKind.Unordered)
            {
                foreach (ref int rule in lists.AsSpan(node.A + UnorderedMembers.Header, node.B - UnorderedMembers.Header))
                {
                    rule = place[rule];
                }
            }
        }
    }

    /// <summary>Tarjan's search for strongly connected components; they come out with the called before the callers.</summary>
    private sealed class Search(GrammarNode[] nodes, int[] lists, GrammarRule[] rules, RegexTable regex)
    {
        private readonly Dictionary<int, int> _ruleAt = [];
        private readonly int[] _number = new int[rules.Length];
        private readonly int[] _low = new int[rules.Length];
        private readonly int[] _component = new int[rules.Length];
        private readonly List<int> _open = [];
        private readonly List<int> _order = [];
        private readonly List<(int From, int To)> _calls = [];
        private int _next = 1;
        private int _components = 1;

        public int[] Run()
        {
            for (int i = 0; i < rules.Length; i++)
            {
                _ruleAt[rules[i].Start] = i;
            }

            for (int i = 0; i < rules.Length; i++)
            {
                if (_number[i] == 0)
                {
                    Visit(i);
                }
            }

            foreach ((int from, int to) in _calls)
            {
                if (_component[from] == _component[to])
                {
                    throw new ConstraintException(
                        $"The rule \"{rules[to].Name}\" begins with itself (left recursion): write it as a repetition.");
                }
            }

            _order.Reverse();
            return [.. _order];
        }

        private void Visit(int rule)
        {
            RuntimeLimits.CheckStack();
            _number[rule] = _low[rule] = _next++;
            _open.Add(rule);
            HashSet<int> seen = [];
            Stack<int> nodesToSee = new([lists[nodes[rules[rule].Start].A]]);
            if (nodes[rules[rule].Start].Kind == GrammarNodeKind.Dead)
            {
                nodesToSee.Clear();
            }

            while (nodesToSee.TryPop(out int at))
            {
                if (_ruleAt.TryGetValue(at, out int jumped))
                {
                    See(rule, jumped);
                    continue;
                }

                GrammarNode node = nodes[at];
                switch (node.Kind)
                {
                    case GrammarNodeKind.Terminal:
                        if (regex.IsNullable(new RegexNode(node.A)))
                        {
                            nodesToSee.Push(node.Next);
                        }

                        break;
                    case GrammarNodeKind.Call:
                    case GrammarNodeKind.Loop:
                        _calls.Add((rule, node.A));
                        See(rule, node.A);
                        if (rules[node.A].IsNullable || (node.Kind == GrammarNodeKind.Loop && node.Min == 0))
                        {
                            nodesToSee.Push(node.Next);
                        }

                        break;
                    case GrammarNodeKind.Unordered when seen.Add(at):
                        foreach (int member in lists.AsSpan(node.A + UnorderedMembers.Header, node.B - UnorderedMembers.Header))
                        {
                            if (rules[member].Distance < RegexTable.Unreachable)
                            {
                                _calls.Add((rule, member));
                                See(rule, member);
                            }
                        }

                        if (node.Distance == nodes[node.Next].Distance)
                        {
                            nodesToSee.Push(node.Next);
                        }

                        break;
                    case GrammarNodeKind.Choice when seen.Add(at):
                        foreach (int successor in lists.AsSpan(node.A, node.B))
                        {
                            nodesToSee.Push(successor);
                        }

                        break;
                }
            }

            if (_low[rule] == _number[rule])
            {
                int member;
                do
                {
                    member = _open[^1];
                    _open.RemoveAt(_open.Count - 1);
                    _component[member] = _components;
                    _order.Add(member);
                }
                while (member != rule);
                _components++;
            }
        }

        private void See(int from, int to)
        {
            if (_number[to] == 0)
            {
                Visit(to);
                _low[from] = Math.Min(_low[from], _low[to]);
            }
            else if (_component[to] == 0)
            {
                _low[from] = Math.Min(_low[from], _number[to]);
            }
        }
    }
}
