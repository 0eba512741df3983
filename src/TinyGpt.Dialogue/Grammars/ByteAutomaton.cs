using System.Runtime.InteropServices;

namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// The deterministic automaton of a grammar (the subset construction of Rabin and Scott, 1959), over classes of bytes that no state tells
/// apart. States are numbered as a breadth-first walk finds them, so equal grammars have equal numbers. Acyclic: the language is finite.
/// </summary>
internal sealed class ByteAutomaton
{
    /// <summary>No state: the byte cannot follow.</summary>
    public const int Dead = -1;

    private const int MostStates = 1 << 16;

    private readonly byte[] _classOf = new byte[256];
    private readonly int _classes;
    private readonly int[] _targets;
    private readonly List<StateKind> _kinds = [];
    private readonly List<bool> _isOfText = [];

    /// <summary>Makes the automaton of everything between two nodes.</summary>
    /// <param name="graph">The nodes.</param>
    /// <param name="start">Where texts begin.</param>
    /// <param name="end">Where texts may end.</param>
    /// <param name="ending">
    /// The first of the nodes that spell what may follow a text to end it: these and all later ones lead nowhere else.
    /// </param>
    /// <param name="final">Where what ends a text ends.</param>
    /// <param name="work">What it may cost.</param>
    /// <exception cref="GrammarException">There are too many states, or they cost too much.</exception>
    public ByteAutomaton(ByteGraph graph, int start, int end, int ending, int final, GrammarWork work)
    {
        _classes = FindClasses(graph);
        Dictionary<NodeSet, int> states = [];
        List<NodeSet> sets = [];
        NodeSearch search = new(graph, work);
        int Find(List<int> nodes)
        {
            NodeSet set = new(search.Close(nodes));
            ref int state = ref CollectionsMarshal.GetValueRefOrAddDefault(states, set, out bool known);
            if (!known)
            {
                if (sets.Count == MostStates)
                {
                    throw new GrammarException($"The grammar needs more than {MostStates} states: shorten its texts and repetitions.");
                }

                state = sets.Count;
                sets.Add(set);
                bool ends = Array.BinarySearch(set.Nodes, end) >= 0;
                bool continues = Array.Exists(set.Nodes, node => node < ending && graph.Edges(node).Count > 0);
                _isOfText.Add(set.Nodes[0] < ending);
                _kinds.Add(Array.BinarySearch(set.Nodes, final) >= 0 ? StateKind.Final
                    : !ends ? StateKind.Inner
                    : continues ? StateKind.MayEnd
                    : StateKind.Final);
            }

            return state;
        }

        // Many states lead to the same few nodes, such as the ends of words to the next word: what can be reached from them is found once.
        Dictionary<NodeSet, int> found = [];
        int StateOf(List<int> nodes)
        {
            ref int state = ref CollectionsMarshal.GetValueRefOrAddDefault(found, new NodeSet([.. nodes]), out bool known);
            return known ? state : state = Find(nodes);
        }

        StateOf([start]);
        List<int>[] nodes = [.. Enumerable.Range(0, _classes).Select(_ => new List<int>())];
        List<int> targets = [];
        for (int state = 0; state < sets.Count; state++)
        {
            if (_kinds[state] != StateKind.Final)
            {
                Follow(graph, sets[state], nodes);
            }

            foreach (List<int> next in nodes)
            {
                targets.Add(next.Count == 0 ? Dead : StateOf(next));
                next.Clear();
            }
        }

        _targets = [.. targets];
    }

    /// <summary>What a state is in respect of the text's end.</summary>
    private enum StateKind
    {
        Inner,

        /// <summary>The text may end, or go on.</summary>
        MayEnd,

        /// <summary>The text is over.</summary>
        Final,
    }

    public int Count => _kinds.Count;

    /// <summary>Whether the text may end in a state.</summary>
    public bool MayEnd(int state) => _kinds[state] != StateKind.Inner;

    /// <summary>Whether nothing but the end can follow.</summary>
    public bool IsFinal(int state) => _kinds[state] == StateKind.Final;

    /// <summary>The state behind a byte, or <see cref="Dead"/>.</summary>
    public int Next(int state, byte value) => _targets[(state * _classes) + _classOf[value]];

    /// <summary>The states, each behind all those that lead to it.</summary>
    public int[] InOrder()
    {
        int[] incoming = new int[Count];
        foreach (int target in _targets)
        {
            if (target != Dead)
            {
                incoming[target]++;
            }
        }

        int[] order = new int[Count];
        int found = 1; // state 0, the start, is the only one that nothing leads to
        for (int i = 0; i < found; i++)
        {
            foreach (int target in _targets.AsSpan(order[i] * _classes, _classes))
            {
                if (target != Dead && --incoming[target] == 0)
                {
                    order[found++] = target;
                }
            }
        }

        return order;
    }

    /// <summary>The most bytes of a text from the start, by the longest way.</summary>
    public int LongestText()
    {
        int[] longest = new int[Count];
        int most = 0;
        foreach (int state in InOrder())
        {
            most = Math.Max(most, longest[state]);
            foreach (int target in _targets.AsSpan(state * _classes, _classes))
            {
                if (target != Dead)
                {
                    longest[target] = Math.Max(longest[target], longest[state] + 1);
                }
            }
        }

        return most;
    }

    /// <summary>
    /// Whether a search for bytes, such as those that end a text, can find them before a text is over: within it, or where its last bytes and
    /// the first ones of its end look like them.
    /// </summary>
    public bool CanContain(ReadOnlySpan<byte> bytes)
    {
        // The states and how much of the bytes was just spelled (Knuth, Morris and Pratt, 1977), as far as they can be reached together.
        int[] shorter = Borders(bytes);
        bool[] isKnown = new bool[Count * bytes.Length];
        Stack<(int State, int Matched)> open = new([(0, 0)]);
        while (open.TryPop(out (int State, int Matched) at))
        {
            for (int value = 0; value < 256; value++)
            {
                int next = Next(at.State, (byte)value);
                if (next == Dead)
                {
                    continue;
                }

                int matched = at.Matched;
                while (matched > 0 && bytes[matched] != value)
                {
                    matched = shorter[matched - 1];
                }

                matched += bytes[matched] == value ? 1 : 0;
                if (matched == bytes.Length)
                {
                    if (_isOfText[next] || !IsFinal(next))
                    {
                        return true;
                    }
                }
                else if (!isKnown[(next * bytes.Length) + matched])
                {
                    isKnown[(next * bytes.Length) + matched] = true;
                    open.Push((next, matched));
                }
            }
        }

        return false;
    }

    /// <summary>For each beginning of bytes, how long the longest shorter beginning is that it ends with.</summary>
    private static int[] Borders(ReadOnlySpan<byte> bytes)
    {
        int[] borders = new int[bytes.Length];
        for (int i = 1; i < bytes.Length; i++)
        {
            int length = borders[i - 1];
            while (length > 0 && bytes[length] != bytes[i])
            {
                length = borders[length - 1];
            }

            borders[i] = length + (bytes[length] == bytes[i] ? 1 : 0);
        }

        return borders;
    }

    /// <summary>Collects where the edges of a set lead, by the class of their bytes.</summary>
    private void Follow(ByteGraph graph, NodeSet set, List<int>[] targets)
    {
        foreach (int node in set.Nodes)
        {
            foreach (ByteGraph.Edge edge in graph.Edges(node))
            {
                for (int index = _classOf[edge.First]; index <= _classOf[edge.Last]; index++)
                {
                    targets[index].Add(edge.Target);
                }
            }
        }
    }

    /// <summary>Bytes are of one class if every edge takes all of them or none.</summary>
    private int FindClasses(ByteGraph graph)
    {
        bool[] begins = new bool[257];
        begins[0] = true;
        for (int node = 0; node < graph.Count; node++)
        {
            foreach (ByteGraph.Edge edge in graph.Edges(node))
            {
                begins[edge.First] = true;
                begins[edge.Last + 1] = true;
            }
        }

        int count = 0;
        for (int value = 0; value < 256; value++)
        {
            count += begins[value] ? 1 : 0;
            _classOf[value] = (byte)(count - 1);
        }

        return count;
    }

    /// <summary>Finds what can be reached without a byte. Grows to the largest set; not thread-safe.</summary>
    private sealed class NodeSearch(ByteGraph graph, GrammarWork work)
    {
        private readonly int[] _foundIn = new int[graph.Count];
        private readonly List<int> _found = [];
        private int _search;

        /// <summary>The nodes and all that can be reached from them, in order.</summary>
        public int[] Close(List<int> nodes)
        {
            _search++;
            _found.Clear();
            Add(nodes);
            for (int i = 0; i < _found.Count; i++)
            {
                Add(graph.Jumps(_found[i]));
            }

            int[] found = [.. _found];
            Array.Sort(found);
            return found;
        }

        private void Add(IReadOnlyList<int> nodes)
        {
            work.VisitNodes(nodes.Count + 1);
            for (int i = 0; i < nodes.Count; i++)
            {
                if (_foundIn[nodes[i]] != _search)
                {
                    _foundIn[nodes[i]] = _search;
                    _found.Add(nodes[i]);
                }
            }
        }
    }

    /// <summary>Nodes that are equal if they are the same ones in the same order.</summary>
    private readonly struct NodeSet(int[] nodes) : IEquatable<NodeSet>
    {
        public int[] Nodes => nodes;

        public bool Equals(NodeSet other) => nodes.AsSpan().SequenceEqual(other.Nodes);

        public override bool Equals(object? obj) => obj is NodeSet other && Equals(other);

        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.AddBytes(MemoryMarshal.AsBytes(nodes.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
