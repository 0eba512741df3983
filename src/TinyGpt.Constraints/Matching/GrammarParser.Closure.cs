using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Matching;

/// <summary>Continues at the end of a terminal, through ends of rules, choices and calls, to the next terminals.</summary>
internal sealed partial class GrammarParser
{
    private readonly List<(int Rule, Frame Frame)> _calls = [];
    private readonly HashSet<(int Node, int Stack)> _seen = [];
    private GrowingArray<(int Node, int Stack)> _work = new(64);
    private GrowingArray<int> _returns = new(16);
    private GrowingArray<int> _exits = new(16);
    private GrowingArray<int> _entered = new(16);
    private GrowingArray<Frame> _callers = new(16);

    /// <summary>The state once everything above a stack is read.</summary>
    public int Resume(int stack)
    {
        int known = _stacks.Resumed(stack);
        if (known >= 0)
        {
            return known;
        }

        if (stack == ParserStacks.Root)
        {
            int first = _scratch.Count;
            _scratch.Add(Configuration.End);
            known = Intern(first);
        }
        else
        {
            int count = _stacks.Frames(stack).Length;
            for (int i = 0; i < count; i++)
            {
                Frame frame = _stacks.Frames(stack)[i];
                if (frame.Count > 0 && _grammar.Nodes[frame.Node].Kind == GrammarNodeKind.Unordered)
                {
                    Unordered(frame.Node, _memberSets.Take(frame.Count), frame.Parent);
                }
                else if (frame.Count > 0)
                {
                    Loop(frame);
                }
                else
                {
                    _work.Add((frame.Node, frame.Parent));
                }
            }

            known = Close();
        }

        _stacks.SetResumed(stack, known);
        return known;
    }

    /// <summary>
    /// Follows the work list to the next terminals. Calls of one rule are made together, after all rules that can call it
    /// here, so that a rule is entered once for all callers.
    /// </summary>
    /// <returns>The state.</returns>
    private int Close()
    {
        RuntimeLimits.CheckStack();
        int first = _scratch.Count;
        _seen.Clear();
        while (true)
        {
            while (_work.Count > 0)
            {
                (int node, int stack) = _work[_work.Count - 1];
                _work.Truncate(_work.Count - 1);
                Expand(node, stack);
            }

            if (_calls.Count == 0)
            {
                break;
            }

            EnterNextRule();
        }

        // Ends of rules come last: they begin another search. Where a rule that was entered here ends at once, its caller has already continued.
        int kept = 0;
        for (int i = 0; i < _returns.Count; i++)
        {
            if (!_entered.Span.Contains(_returns[i]))
            {
                _returns[kept++] = _returns[i];
            }
        }

        // Loops and unordered members end on stacks that can be equal to a rule's that was entered here and cannot be empty.
        _returns.Truncate(kept);
        _entered.Truncate(0);
        foreach (int exit in _exits.Span)
        {
            AddReturn(exit);
        }

        _exits.Truncate(0);
        int returns = _returns.Count;
        if (returns > 0)
        {
            Span<int> stacks = returns <= 64 ? stackalloc int[returns] : new int[returns];
            _returns.Span.CopyTo(stacks);
            _returns.Truncate(0);
            foreach (int stack in stacks)
            {
                int resumed = Resume(stack);
                _scratch.AddRange(Configurations(resumed));
            }
        }

        return Intern(first);
    }

    private void Expand(int at, int stack)
    {
        ref GrammarNode node = ref _grammar.Nodes[at];
        switch (node.Kind)
        {
            case GrammarNodeKind.Return:
                AddReturn(stack);
                break;
            case GrammarNodeKind.Terminal:
                _scratch.Add(new Configuration(node.A, Continue(node, stack)));
                if (Regex.IsNullable(new RegexNode(node.A)))
                {
                    _work.Add((node.Next, stack));
                }

                break;
            case GrammarNodeKind.Call:
                Call(node.A, new Frame(node.Next, 0, stack));
                if (_grammar.Rules[node.A].IsNullable)
                {
                    _work.Add((node.Next, stack));
                }

                break;
            case GrammarNodeKind.Choice when _seen.Add((at, stack)):
                for (int i = node.B - 1; i >= 0; i--)
                {
                    _work.Add((_grammar.Lists[node.A + i], stack));
                }

                break;
            case GrammarNodeKind.Loop:
                Loop(new Frame(at, 0, Continue(node, stack)));
                break;
            case GrammarNodeKind.Unordered:
                Unordered(at, _memberSets.Empty(at), Continue(node, stack));
                break;
        }
    }

    /// <summary>Reads a loop's body once more, or continues after the loop, or both.</summary>
    /// <param name="frame">The loop, how many times its body was read, and the stack on which reading continues after the loop.</param>
    private void Loop(Frame frame)
    {
        ref GrammarNode node = ref _grammar.Nodes[frame.Node];
        if (frame.Count < node.Max)
        {
            int next = node.Max == RegexTable.Unbounded ? Math.Min(frame.Count + 1, Math.Max(node.Min, 1)) : frame.Count + 1;
            Call(node.A, frame with { Count = next });
        }

        if (frame.Count >= node.Min)
        {
            _exits.Add(frame.Parent);
        }
    }

    /// <summary>Reads one more member, or continues after all of them, or both.</summary>
    /// <param name="at">The node.</param>
    /// <param name="set">The members that were read.</param>
    /// <param name="parent">The stack on which reading continues after them.</param>
    private void Unordered(int at, int set, int parent)
    {
        UnorderedMembers members = new(_grammar.Nodes[at], _grammar.Lists);
        ReadOnlySpan<GrammarRule> rules = _grammar.Rules;
        bool isFirst = _memberSets.Count(set) == 0;
        int room = members.Max == RegexTable.Unbounded ? int.MaxValue : members.Max - _memberSets.Count(set);
        int missing = members.Missing(_memberSets.Bits(set));
        for (int i = 0; i <= members.Count; i++)
        {
            int member = i == 0 ? members.Count : i - 1; // by falling numbers of their rules, which is the order of calls
            int rule = members.Rule(member, isFirst);
            bool isWanted = member < members.Required;
            if ((member < members.Count && UnorderedMembers.Has(_memberSets.Bits(set), member)) ||
                rules[rule].Distance >= RegexTable.Unreachable || (isWanted ? room : room - missing) <= 0)
            {
                continue;
            }

            Call(rule, new Frame(at, _memberSets.With(set, member), parent));
        }

        if (missing == 0 && _memberSets.Count(set) >= members.Min)
        {
            _exits.Add(parent);
        }
    }

    private void AddReturn(int stack)
    {
        if (!_returns.Span.Contains(stack))
        {
            _returns.Add(stack);
        }
    }

    /// <summary>The stack on which reading continues after a node.</summary>
    private int Continue(in GrammarNode node, int stack) =>
        node.Next == Grammar.Return ? stack : Push(new Frame(node.Next, 0, stack));

    private int Push(Frame frame) => _stacks.Push(frame, DistanceOf(frame));

    private int DistanceOf(Frame frame)
    {
        ref GrammarNode node = ref _grammar.Nodes[frame.Node];
        if (frame.Count > 0 && node.Kind == GrammarNodeKind.Unordered)
        {
            return (int)Math.Min((long)_memberSets.Distance(frame.Count) + _stacks.Distance(frame.Parent), RegexTable.Unreachable);
        }

        long own = frame.Count == 0 ? node.Distance : (long)Math.Max(node.Min - frame.Count, 0) * _grammar.Rules[node.A].Distance;
        return (int)Math.Min(own + _stacks.Distance(frame.Parent), RegexTable.Unreachable);
    }

    /// <summary>Notes a call, those of the first rules last.</summary>
    private void Call(int rule, Frame frame)
    {
        int at = _calls.Count;
        while (at > 0 && _calls[at - 1].Rule < rule)
        {
            at--;
        }

        _calls.Insert(at, (rule, frame));
    }

    private void EnterNextRule()
    {
        int rule = _calls[^1].Rule;
        _callers.Truncate(0);
        int distance = RegexTable.Unreachable;
        while (_calls.Count > 0 && _calls[^1].Rule == rule)
        {
            Frame frame = _calls[^1].Frame;
            _calls.RemoveAt(_calls.Count - 1);
            _callers.Add(frame);
            distance = Math.Min(distance, DistanceOf(frame));
        }

        int stack = _stacks.Push(_callers.Span, distance);
        _entered.Add(stack);
        _work.Add((_grammar.Rules[rule].Start, stack));
    }
}
