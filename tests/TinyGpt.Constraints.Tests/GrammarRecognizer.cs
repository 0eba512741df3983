using System.Text;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;
using Xunit;

namespace TinyGpt.Constraints.Tests;

/// <summary>
/// Says whether a text is in a grammar's language, as plainly as can be: the set of all ways to have read the text so far, each a node and
/// a stack of callers. Shares nothing with the parser that answers are made with.
/// </summary>
internal sealed class GrammarRecognizer(Grammar grammar)
{
    private readonly Dictionary<(int Node, int Count, int Parent), int> _index = [];
    private readonly List<(int Node, int Count, int Parent)> _cells = [];

    public static bool Accepts(Constraint constraint, string text) => new GrammarRecognizer(constraint.Grammar).Accepts(text);

    public bool Accepts(string text)
    {
        HashSet<(int Language, int Node, int Stack)> ways = [];
        bool atEnd = Follow(grammar.Start, -1, ways, []);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            HashSet<(int Language, int Node, int Stack)> next = [];
            HashSet<(int, int)> seen = [];
            atEnd = false;
            foreach ((int language, int node, int stack) in ways)
            {
                RegexNode rest = grammar.Regex.Step(new RegexNode(language), value);
                if (rest.IsNothing) continue;
                next.Add((rest.Id, node, stack));
                if (grammar.Regex.IsNullable(rest)) atEnd |= Follow(grammar.Nodes[node].Next, stack, next, seen);
            }

            ways = next;
        }

        return atEnd;
    }

    private bool Follow(int start, int startStack, HashSet<(int, int, int)> ways, HashSet<(int, int)> seen)
    {
        bool atEnd = false;
        Stack<(int Node, int Stack)> open = new([(start, startStack)]);
        while (open.TryPop(out (int Node, int Stack) at))
        {
            if (!seen.Add(at)) continue;
            GrammarNode node = grammar.Nodes[at.Node];
            switch (node.Kind)
            {
                case GrammarNodeKind.Return when at.Stack < 0: atEnd = true; break;
                case GrammarNodeKind.Return: Return(at.Stack, open); break;
                case GrammarNodeKind.Terminal:
                    ways.Add((node.A, at.Node, at.Stack));
                    if (grammar.Regex.IsNullable(new RegexNode(node.A))) open.Push((node.Next, at.Stack));
                    break;
                case GrammarNodeKind.Call: open.Push((grammar.Rules[node.A].Start, Cell(at.Node, 0, at.Stack))); break;
                case GrammarNodeKind.Choice:
                    foreach (int successor in grammar.Lists.AsSpan(node.A, node.B)) open.Push((successor, at.Stack));
                    break;
                case GrammarNodeKind.Unordered: Members(at.Node, 0, 0, at.Stack, open); break;
                case GrammarNodeKind.Loop:
                    if (node.Min == 0) open.Push((node.Next, at.Stack));
                    if (node.Max > 0) open.Push((grammar.Rules[node.A].Start, Cell(at.Node, 0, at.Stack)));
                    break;
            }
        }

        return atEnd;
    }

    private void Return(int stack, Stack<(int Node, int Stack)> open)
    {
        (int at, int before, int parent) = _cells[stack];
        GrammarNode caller = grammar.Nodes[at];
        if (caller.Kind == GrammarNodeKind.Call)
        {
            open.Push((caller.Next, parent));
            return;
        }

        if (caller.Kind == GrammarNodeKind.Unordered)
        {
            Members(at, before >> 20, before & 0xFFFFF, parent, open);
            return;
        }

        int count = before + 1;
        if (count >= caller.Min) open.Push((caller.Next, parent));
        int kept = caller.Max == RegexTable.Unbounded ? Math.Min(count, caller.Min) : count;
        if (count < caller.Max) open.Push((grammar.Rules[caller.A].Start, Cell(at, kept, parent)));
    }

    /// <summary>For up to 20 members: what was read is bits, how much was read is a number.</summary>
    private void Members(int at, int count, int read, int parent, Stack<(int Node, int Stack)> open)
    {
        GrammarNode node = grammar.Nodes[at];
        int[] list = grammar.Lists[node.A..(node.A + node.B)];
        (int members, int required, int min, int max) = (list[0], list[1], list[2], list[3]);
        Assert.True(members < 20 && count < 2000);
        for (int member = 0; member <= members && count < max; member++)
        {
            int rule = list[4 + (member == members ? 0 : 2 * (member + 1)) + (count > 0 ? 1 : 0)];
            if (member < members && (read >> member & 1) != 0) continue;
            int now = member < members ? read | 1 << member : read;
            open.Push((grammar.Rules[rule].Start, Cell(at, (count + 1) << 20 | now, parent)));
        }

        int wanted = (1 << required) - 1;
        if ((read & wanted) == wanted && count >= min) open.Push((node.Next, parent));
    }

    private int Cell(int node, int count, int parent)
    {
        if (_index.TryGetValue((node, count, parent), out int id)) return id;
        _cells.Add((node, count, parent));
        return _index[(node, count, parent)] = _cells.Count - 1;
    }
}
