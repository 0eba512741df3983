using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Grammars;

/// <summary>A context-free grammar over bytes, compiled to a graph of nodes that a parser walks. Immutable.</summary>
internal sealed class Grammar
{
    /// <summary>The node that ends a rule.</summary>
    public const int Return = 0;

    public required GrammarNode[] Nodes { get; init; }

    /// <summary>The successors of choices.</summary>
    public required int[] Lists { get; init; }

    /// <summary>The rules that are called, ordered so that each comes after those that call it before anything is read.</summary>
    public required GrammarRule[] Rules { get; init; }

    /// <summary>Where the whole text begins.</summary>
    public required int Start { get; init; }

    /// <summary>The terminals' languages.</summary>
    public required RegexTable Regex { get; init; }

    /// <summary>The grammar with fewer texts in its terminals' languages.</summary>
    /// <param name="regex">The same nodes.</param>
    /// <exception cref="ConstraintException">No text is left.</exception>
    public Grammar With(RegexTable regex)
    {
        GrammarNode[] nodes = [.. Nodes];
        GrammarRule[] rules = [.. Rules];
        foreach (ref GrammarNode node in nodes.AsSpan())
        {
            node.Distance = RegexTable.Unreachable;
        }

        foreach (ref GrammarRule rule in rules.AsSpan())
        {
            rule.Distance = RegexTable.Unreachable;
        }

        GrammarDistances.Compute(nodes, Lists, rules, regex);
        return nodes[Start].Distance < RegexTable.Unreachable
            ? new Grammar { Nodes = nodes, Lists = Lists, Rules = rules, Start = Start, Regex = regex }
            : throw new ConstraintException("The vocabulary has no tokens that write any text of the constraint.");
    }
}

/// <summary>What a node does.</summary>
internal enum GrammarNodeKind : byte
{
    /// <summary>Goes back to the caller.</summary>
    Return,

    /// <summary>Reads a text of the language A, then continues at Next.</summary>
    Terminal,

    /// <summary>Reads rule A, then continues at Next.</summary>
    Call,

    /// <summary>Goes on at any of the B nodes in the lists from A.</summary>
    Choice,

    /// <summary>Reads rule A, Min to Max times, then continues at Next.</summary>
    Loop,

    /// <summary>Reads members in any order, then continues at Next; the members are in the lists from A (<see cref="UnorderedMembers"/>).</summary>
    Unordered,

    /// <summary>No text leads from here to the end.</summary>
    Dead,
}

/// <summary>A node of a grammar.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="A">A language, a rule or the first of the successors.</param>
/// <param name="B">How many successors there are.</param>
/// <param name="Next">The node at which reading continues.</param>
/// <param name="Min">The fewest times.</param>
/// <param name="Max">The most times.</param>
internal record struct GrammarNode(GrammarNodeKind Kind, int A = 0, int B = 0, int Next = 0, int Min = 0, int Max = 0)
{
    /// <summary>Bytes of the shortest text from here to the rule's end.</summary>
    public int Distance { get; set; } = RegexTable.Unreachable;
}

/// <summary>A rule.</summary>
/// <param name="Start">Its first node.</param>
/// <param name="Distance">Bytes of its shortest text.</param>
/// <param name="Name">What messages call it.</param>
internal record struct GrammarRule(int Start, int Distance, string Name)
{
    /// <summary>Whether the empty text is one of its texts.</summary>
    public readonly bool IsNullable => Distance == 0;
}
