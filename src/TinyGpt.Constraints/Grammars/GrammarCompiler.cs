using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>
/// Turns symbols into the nodes of a <see cref="Grammar"/>. What is used once is put where it is used; what is used more often, or is part
/// of itself, becomes a rule. A rule that would be called last is gone to instead, so that chains need no stack.
/// </summary>
internal sealed class GrammarCompiler
{
    private const int InlineMembers = 4;

    private readonly SymbolEntry[] _symbols;
    private readonly int[] _members;
    private readonly List<string> _names;
    private readonly RegexTable _regex;
    private readonly int[] _references;
    private readonly Dictionary<(int Symbol, int Next), int> _compiled = [];
    private readonly Dictionary<int, int> _ruleOfSymbol = [];
    private readonly List<(int Symbol, int Start)> _rules = [];
    private readonly List<GrammarNode> _nodes = [new GrammarNode(GrammarNodeKind.Return)];
    private readonly List<int> _lists = [];
    private readonly List<int> _nextMembers = [];

    public GrammarCompiler(ReadOnlySpan<SymbolEntry> symbols, ReadOnlySpan<int> members, List<string> names, RegexTable regex)
    {
        _symbols = symbols.ToArray();
        _members = members.ToArray();
        _names = names;
        _regex = regex;
        _references = new int[symbols.Length];
    }

    /// <summary>Compiles.</summary>
    /// <param name="start">What a whole text is.</param>
    public Grammar Compile(Symbol start)
    {
        CountReferences(start.Id);
        int startNode = Compile(start.Id, Grammar.Return);
        for (int i = 0; i < _rules.Count; i++)
        {
            _lists[_nodes[_rules[i].Start].A] = CompileBody(_rules[i].Symbol, Grammar.Return);
        }

        GrammarNode[] nodes = [.. _nodes];
        int[] lists = [.. _lists];
        GrammarRule[] rules = new GrammarRule[_rules.Count];
        for (int i = 0; i < rules.Length; i++)
        {
            rules[i] = new GrammarRule(_rules[i].Start, RegexTable.Unreachable, NameOf(_rules[i].Symbol));
        }

        GrammarDistances.Compute(nodes, lists, rules, _regex);
        if (nodes[startNode].Distance >= RegexTable.Unreachable)
        {
            throw new ConstraintException("No text satisfies the constraint.");
        }

        GrammarOrder.Sort(nodes, lists, rules, _regex);
        return new Grammar { Nodes = nodes, Lists = lists, Rules = rules, Start = startNode, Regex = _regex };
    }

    private string NameOf(int symbol) => _symbols[symbol].Kind == SymbolKind.Rule ? _names[_symbols[symbol].B] : "a part";

    private void CountReferences(int start)
    {
        Stack<int> open = new([start]);
        _references[start] = 1;
        while (open.TryPop(out int symbol))
        {
            SymbolEntry entry = _symbols[symbol];
            switch (entry.Kind)
            {
                case SymbolKind.Sequence:
                case SymbolKind.Choice:
                    for (int i = 0; i < entry.B; i++)
                    {
                        Count(_members[entry.A + i]);
                    }

                    break;
                case SymbolKind.Unordered:
                    for (int i = 0; i < entry.B; i++)
                    {
                        Count(_members[entry.A + UnorderedMembers.Header + i]);
                    }

                    break;
                case SymbolKind.Rule when entry.A == GrammarBuilder.Undefined:
                    throw new ConstraintException($"The rule \"{_names[entry.B]}\" is used and not defined.");
                case SymbolKind.Rule:
                case SymbolKind.Repeat:
                    Count(entry.A);
                    break;
            }
        }

        void Count(int symbol)
        {
            if (_references[symbol]++ == 0)
            {
                open.Push(symbol);
            }
        }
    }

    /// <summary>The node from which a symbol is read before another node.</summary>
    private int Compile(int symbol, int next)
    {
        RuntimeLimits.CheckStack();
        SymbolEntry entry = _symbols[symbol];
        if (entry.Kind == SymbolKind.Terminal)
        {
            return Known(symbol, next) ?? Remember(symbol, next, Add(new GrammarNode(GrammarNodeKind.Terminal, entry.A, Next: next)));
        }

        if (_references[symbol] > 1 && !IsSmall(entry))
        {
            int rule = RuleOf(symbol);
            return next == Grammar.Return
                ? _rules[rule].Start
                : Known(symbol, next) ?? Remember(symbol, next, Add(new GrammarNode(GrammarNodeKind.Call, rule, Next: next)));
        }

        return Known(symbol, next) ?? Remember(symbol, next, CompileBody(symbol, next));
    }

    private int CompileBody(int symbol, int next)
    {
        SymbolEntry entry = _symbols[symbol];
        switch (entry.Kind)
        {
            case SymbolKind.Terminal:
                return Compile(symbol, next);
            case SymbolKind.Sequence:
                for (int i = entry.B - 1; i >= 0; i--)
                {
                    next = Compile(_members[entry.A + i], next);
                }

                return next;
            case SymbolKind.Choice:
                int mark = _nextMembers.Count;
                for (int i = 0; i < entry.B; i++)
                {
                    _nextMembers.Add(Compile(_members[entry.A + i], next));
                }

                int choice = AddChoice(_nextMembers[mark..]);
                _nextMembers.RemoveRange(mark, _nextMembers.Count - mark);
                return choice;
            case SymbolKind.Rule:
                return Compile(entry.A, next);
            case SymbolKind.Unordered:
                return CompileUnordered(entry, next);
            default:
                return CompileRepeat(entry, next);
        }
    }

    private int CompileUnordered(SymbolEntry entry, int next)
    {
        int[] list = new int[UnorderedMembers.Header + entry.B];
        for (int i = 0; i < list.Length; i++)
        {
            int member = _members[entry.A + i];
            list[i] = i < UnorderedMembers.Header ? member : RuleOf(member);
        }

        int start = _lists.Count;
        _lists.AddRange(list);
        return Add(new GrammarNode(GrammarNodeKind.Unordered, start, list.Length, next));
    }

    private int CompileRepeat(SymbolEntry entry, int next)
    {
        if (entry.B == 0 && entry.C == 1)
        {
            return AddChoice([Compile(entry.A, next), next]);
        }

        if (entry.B <= 1 && entry.C == RegexTable.Unbounded)
        {
            int loop = AddChoice([next, next]);
            int body = Compile(entry.A, loop);
            _lists[_nodes[loop].A] = body;
            return entry.B == 0 ? loop : body;
        }

        return Add(new GrammarNode(GrammarNodeKind.Loop, RuleOf(entry.A), Next: next, Min: entry.B, Max: entry.C));
    }

    /// <summary>Whether a symbol is better repeated than called.</summary>
    private bool IsSmall(SymbolEntry entry)
    {
        switch (entry.Kind)
        {
            case SymbolKind.Sequence:
            case SymbolKind.Choice:
                for (int i = 0; i < entry.B; i++)
                {
                    if (_symbols[_members[entry.A + i]].Kind != SymbolKind.Terminal)
                    {
                        return false;
                    }
                }

                return entry.B <= InlineMembers;
            case SymbolKind.Repeat:
                return entry.B == 0 && entry.C == 1 && _symbols[entry.A].Kind == SymbolKind.Terminal;
            default:
                return false;
        }
    }

    private int RuleOf(int symbol)
    {
        if (!_ruleOfSymbol.TryGetValue(symbol, out int rule))
        {
            rule = _rules.Count;
            _ruleOfSymbol.Add(symbol, rule);
            _rules.Add((symbol, AddChoice([Grammar.Return])));
        }

        return rule;
    }

    private int? Known(int symbol, int next) => _compiled.TryGetValue((symbol, next), out int node) ? node : null;

    private int Remember(int symbol, int next, int node)
    {
        _compiled[(symbol, next)] = node;
        return node;
    }

    private int AddChoice(List<int> successors)
    {
        int start = _lists.Count;
        _lists.AddRange(successors);
        return Add(new GrammarNode(GrammarNodeKind.Choice, start, successors.Count));
    }

    private int Add(GrammarNode node)
    {
        if (_nodes.Count >= GrammarBuilder.MaxSymbols)
        {
            throw new ConstraintException($"The constraint needs more than {GrammarBuilder.MaxSymbols:N0} nodes: make it smaller.");
        }

        _nodes.Add(node);
        return _nodes.Count - 1;
    }
}
