using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>How many bytes it is at least from each node to its rule's end.</summary>
internal static class GrammarDistances
{
    /// <summary>Fills the distances in. What no text leads on from becomes dead, so that a parser never goes there.</summary>
    public static void Compute(GrammarNode[] nodes, int[] lists, GrammarRule[] rules, RegexTable regex)
    {
        nodes[Grammar.Return].Distance = 0;
        bool changed = true;
        while (changed)
        {
            changed = false;
            for (int i = 1; i < nodes.Length; i++)
            {
                int distance = DistanceOf(nodes[i], nodes, lists, rules, regex);
                if (distance < nodes[i].Distance)
                {
                    nodes[i].Distance = distance;
                    changed = true;
                }
            }

            for (int i = 0; i < rules.Length; i++)
            {
                int distance = nodes[rules[i].Start].Distance;
                changed |= distance < rules[i].Distance;
                rules[i].Distance = distance;
            }
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            ref GrammarNode node = ref nodes[i];
            if (node.Distance >= RegexTable.Unreachable)
            {
                node.Kind = GrammarNodeKind.Dead;
            }
            else if (node.Kind == GrammarNodeKind.Loop && rules[node.A].IsNullable)
            {
                node.Min = 0; // as often as it must be, it can be empty
            }
        }
    }

    private static int DistanceOf(in GrammarNode node, GrammarNode[] nodes, int[] lists, GrammarRule[] rules, RegexTable regex)
    {
        switch (node.Kind)
        {
            case GrammarNodeKind.Terminal:
                return Sum(regex.ShortestLength(new RegexNode(node.A)), nodes[node.Next].Distance);
            case GrammarNodeKind.Call:
                return Sum(rules[node.A].Distance, nodes[node.Next].Distance);
            case GrammarNodeKind.Loop:
                return rules[node.A].Distance >= RegexTable.Unreachable && node.Min == 0
                    ? nodes[node.Next].Distance
                    : Sum((int)Math.Min((long)rules[node.A].Distance * node.Min, RegexTable.Unreachable), nodes[node.Next].Distance);
            case GrammarNodeKind.Unordered:
                return Sum(new UnorderedMembers(node, lists).Distance(rules), nodes[node.Next].Distance);
            case GrammarNodeKind.Dead:
                return RegexTable.Unreachable;
            default:
                int least = RegexTable.Unreachable;
                foreach (int successor in lists.AsSpan(node.A, node.B))
                {
                    least = Math.Min(least, nodes[successor].Distance);
                }

                return least;
        }
    }

    private static int Sum(int a, int b) => Math.Min(a + b, RegexTable.Unreachable);
}
