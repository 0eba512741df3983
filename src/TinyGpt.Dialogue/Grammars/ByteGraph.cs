namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// A nondeterministic automaton over bytes while a grammar is being translated (Thompson, 1968, "Regular Expression Search Algorithm"):
/// nodes with edges for ranges of bytes and edges that take none.
/// </summary>
internal sealed class ByteGraph
{
    /// <summary>The most nodes, so that a few lines of a grammar cannot fill the memory.</summary>
    public const int MostNodes = 1 << 20;

    private readonly List<Node> _nodes = [];

    public int Count => _nodes.Count;

    public IReadOnlyList<Edge> Edges(int node) => _nodes[node].Edges ?? (IReadOnlyList<Edge>)[];

    /// <summary>Nodes that are reached without a byte.</summary>
    public IReadOnlyList<int> Jumps(int node) => _nodes[node].Jumps ?? (IReadOnlyList<int>)[];

    public int AddNode()
    {
        if (_nodes.Count == MostNodes)
        {
            throw new GrammarException($"The grammar needs more than {MostNodes} nodes: shorten its texts and repetitions.");
        }

        _nodes.Add(default);
        return _nodes.Count - 1;
    }

    public void AddJump(int from, int to)
    {
        Node node = _nodes[from];
        (node.Jumps ??= []).Add(to);
        _nodes[from] = node;
    }

    /// <summary>Adds an edge for the bytes <paramref name="first"/> … <paramref name="last"/>.</summary>
    public void AddEdge(int from, byte first, byte last, int to)
    {
        Node node = _nodes[from];
        (node.Edges ??= []).Add(new Edge(first, last, to));
        _nodes[from] = node;
    }

    /// <summary>Adds an edge to a new node.</summary>
    /// <returns>The node.</returns>
    public int Then(int from, byte first, byte last)
    {
        int to = AddNode();
        AddEdge(from, first, last, to);
        return to;
    }

    /// <summary>Adds a path of bytes.</summary>
    /// <returns>The node at its end.</returns>
    public int Then(int from, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            from = Then(from, value, value);
        }

        return from;
    }

    internal readonly record struct Edge(byte First, byte Last, int Target);

    private struct Node
    {
        public List<Edge>? Edges;
        public List<int>? Jumps;
    }
}
