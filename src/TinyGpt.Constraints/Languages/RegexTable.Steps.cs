namespace TinyGpt.Constraints.Languages;

/// <summary>The languages as states of an automaton: what is left of one after a byte, and how far it is to the end.</summary>
internal sealed partial class RegexTable
{
    private const int SearchLimit = 20_000;

    private readonly Dictionary<int, int> _reached = [];
    private GrowingArray<int> _transitions = new(256);
    private GrowingArray<(int Node, int Depth, int From)> _search = new(64);
    private GrowingArray<RegexNode> _parts = new(64);
    private BytePartitions _partitions = new();

    /// <summary>Bytes of the table.</summary>
    public MemoryCount Memory
    {
        get
        {
            const int BytesPerReached = 20;
            MemoryCount expressions = _nodes.Memory + _sets.Memory + _literals.Memory + _lists.Memory + _scratch.Memory + _index.Memory;
            MemoryCount search = _search.Memory + new MemoryCount(_reached.Count * BytesPerReached, _reached.Capacity * BytesPerReached);
            return expressions + _transitions.Memory + _parts.Memory + _partitions.Memory + search;
        }
    }

    /// <summary>The language that is left after a byte.</summary>
    /// <param name="node">A language.</param>
    /// <param name="value">The byte.</param>
    /// <returns>The language, <see cref="RegexNode.Nothing"/> exactly if no text begins so.</returns>
    public RegexNode Step(RegexNode node, byte value)
    {
        RegexNode next = Derive(node.Id, value);
        return next.Id > 1 && ShortestLength(next) >= Unreachable ? RegexNode.Nothing : next;
    }

    /// <summary>How many classes of bytes there are that a language treats alike.</summary>
    public int ClassCount(RegexNode node) => _partitions.ClassCount(PartitionOf(node.Id));

    /// <summary>The bytes of a class.</summary>
    public ByteSet ClassBytes(RegexNode node, int classNumber) => _partitions.Bytes(PartitionOf(node.Id), classNumber);

    /// <summary>The language that is left after any byte of a class.</summary>
    public RegexNode StepByClass(RegexNode node, int classNumber) => Step(node, _partitions.Representative(PartitionOf(node.Id), classNumber));

    /// <summary>Whether the empty text is in a language.</summary>
    public bool IsNullable(RegexNode node) => _nodes[node.Id].IsNullable;

    /// <summary>The bytes of a language's shortest text, or <see cref="Unreachable"/> if it has none.</summary>
    public int ShortestLength(RegexNode node)
    {
        int known = _nodes[node.Id].MinLength;
        return known >= 0 ? known : FindShortest(node.Id);
    }

    /// <summary>Whether there is no text but one, and its bytes.</summary>
    /// <param name="node">A language.</param>
    /// <param name="bytes">The rest of the literal.</param>
    public bool IsLiteral(RegexNode node, out ReadOnlySpan<byte> bytes)
    {
        ref Node entry = ref _nodes[node.Id];
        bytes = entry.Kind == Kind.Literal ? _literals.Span[entry.A..entry.B] : default;
        return entry.Kind == Kind.Literal;
    }

    /// <summary>Whether a language is single bytes, and which.</summary>
    public bool IsSet(RegexNode node, out ByteSet set)
    {
        ref Node entry = ref _nodes[node.Id];
        set = entry.Kind == Kind.Set ? _sets[entry.A] : default;
        return entry.Kind == Kind.Set;
    }

    /// <summary>
    /// The bytes that can come first, perhaps with some that cannot: those are what a complement or an intersection forbids further on.
    /// </summary>
    public ByteSet FirstBytes(RegexNode node)
    {
        ref Node entry = ref _nodes[node.Id];
        switch (entry.Kind)
        {
            case Kind.Set:
                return _sets[entry.A];
            case Kind.Literal:
                return ByteSet.Of(_literals[entry.A]);
            case Kind.Concatenation:
                ByteSet first = FirstBytes(new RegexNode(entry.A));
                return _nodes[entry.A].IsNullable ? first | FirstBytes(new RegexNode(entry.B)) : first;
            case Kind.Union:
            case Kind.Intersection:
                ByteSet set = entry.Kind == Kind.Union ? default : ByteSet.All;
                for (int i = 0; i < entry.B; i++)
                {
                    ByteSet member = FirstBytes(new RegexNode(_lists[entry.A + i]));
                    set = entry.Kind == Kind.Union ? set | member : set & member;
                }

                return set;
            case Kind.Repetition:
                return FirstBytes(new RegexNode(entry.A));
            case Kind.Complement:
                return ByteSet.All;
            default:
                return default;
        }
    }

    /// <summary>Whether a text is in a language.</summary>
    public bool Matches(RegexNode node, ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            node = Step(node, value);
        }

        return IsNullable(node);
    }

    /// <summary>Makes the nodes those of another table; the room stays. Nodes of the other table may be used with this one from now on.</summary>
    /// <param name="source">The other table.</param>
    /// <param name="available">The bytes of which texts can consist.</param>
    public void CopyFrom(RegexTable source, ByteSet available)
    {
        _nodes.CopyFrom(source._nodes);
        _sets.CopyFrom(source._sets);
        _literals.CopyFrom(source._literals);
        _lists.CopyFrom(source._lists);
        _index.CopyFrom(source._index);
        _transitions.CopyFrom(source._transitions);
        _partitions.CopyFrom(source._partitions);
        _available = available;
        if (available != ByteSet.All)
        {
            ForgetWhatNeedsEveryByte();
        }
    }

    /// <summary>Forgets the nodes after the given number, and what is known about the others' successors.</summary>
    public void Truncate(int nodes, int sets, int lists)
    {
        _nodes.Truncate(nodes);
        _index.Truncate(nodes);
        _sets.Truncate(sets);
        _lists.Truncate(lists);
        _transitions.Truncate(0);
        for (int i = 0; i < nodes; i++)
        {
            _nodes[i].Transitions = Unknown;
        }
    }

    /// <summary>What <see cref="Truncate"/> goes back to.</summary>
    public (int Nodes, int Sets, int Lists) Mark() => (_nodes.Count, _sets.Count, _lists.Count);

    /// <summary>Computes the lengths again, for texts of only the available bytes. Nodes come after those that they are made of.</summary>
    private void ForgetWhatNeedsEveryByte()
    {
        _transitions.Truncate(0);
        for (int i = 0; i < _nodes.Count; i++)
        {
            ref Node node = ref _nodes[i];
            node.Transitions = Unknown;
            node.Partition = Unknown;
            node.MinLength = node.IsNullable ? 0 : node.Kind switch
            {
                Kind.Nothing => Unreachable,
                Kind.Set => (_sets[node.A] & _available).IsEmpty ? Unreachable : 1,
                Kind.Literal => CanWrite(_literals.Span[node.A..node.B]) ? node.B - node.A : Unreachable,
                _ => Unknown,
            };
        }
    }

    private bool CanWrite(ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            if (!_available.Contains(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The language after a byte; perhaps one of no text that does not look so.</summary>
    private RegexNode Derive(int id, byte value)
    {
        ref Node node = ref _nodes[id];
        switch (node.Kind)
        {
            case Kind.Nothing:
            case Kind.Empty:
                return RegexNode.Nothing;
            case Kind.Set:
                return _sets[node.A].Contains(value) && _available.Contains(value) ? RegexNode.Empty : RegexNode.Nothing;
            case Kind.Literal when _literals[node.A] != value:
            case Kind.Complement when !_available.Contains(value):
                return RegexNode.Nothing;
        }

        int position = node.Kind == Kind.Literal ? 0 : _partitions.ClassOf(PartitionOf(id), value);
        if (_nodes[id].Transitions == Unknown)
        {
            _nodes[id].Transitions = _transitions.AddMany(
                Unknown, _nodes[id].Kind == Kind.Literal ? 1 : _partitions.ClassCount(_nodes[id].Partition));
        }

        int place = _nodes[id].Transitions + position;
        if (_transitions[place] == Unknown)
        {
            int next = Differentiate(id, value).Id;
            _transitions[place] = next;
        }

        return new RegexNode(_transitions[place]);
    }

    private RegexNode Differentiate(int id, byte value)
    {
        RuntimeLimits.CheckStack();
        Node node = _nodes[id];
        switch (node.Kind)
        {
            case Kind.Literal:
                return node.A + 1 == node.B
                    ? RegexNode.Empty
                    : Intern(new Node { Kind = Kind.Literal, A = node.A + 1, B = node.B, MinLength = node.MinLength >= Unreachable ? Unreachable : node.B - node.A - 1 });
            case Kind.Concatenation:
                RegexNode rest = new(node.B);
                RegexNode after = Concat(Derive(node.A, value), rest);
                return _nodes[node.A].IsNullable ? Union(after, Derive(node.B, value)) : after;
            case Kind.Repetition:
                RegexNode once = Derive(node.A, value);
                int max = node.Max == Unbounded ? Unbounded : node.Max - 1;
                return once.IsNothing ? once : Concat(once, Repeat(new RegexNode(node.A), Math.Max(node.Min - 1, 0), max));
            case Kind.Complement:
                return Complement(Derive(node.A, value));
            default:
                return DifferentiateMembers(node, value);
        }
    }

    private RegexNode DifferentiateMembers(Node node, byte value)
    {
        int start = _scratch.Count;
        for (int i = 0; i < node.B; i++)
        {
            int next = Derive(_lists[node.A + i], value).Id;
            if (next != RegexNode.Nothing.Id)
            {
                _scratch.Add(next);
            }
            else if (node.Kind == Kind.Intersection)
            {
                _scratch.Truncate(start);
                return RegexNode.Nothing;
            }
        }

        int end = _scratch.Count;
        RegexNode result = CombineScratch(node.Kind, start, end);
        _scratch.Truncate(start);
        return result;
    }

    /// <summary>Combines nodes in the scratch, which may move while more is added to it.</summary>
    private RegexNode CombineScratch(Kind kind, int start, int end)
    {
        const int Small = 32;
        int count = end - start;
        if (count <= Small)
        {
            Span<RegexNode> parts = stackalloc RegexNode[count];
            for (int i = 0; i < count; i++)
            {
                parts[i] = new RegexNode(_scratch[start + i]);
            }

            return Combine(kind, parts);
        }

        // Own room, because a pool's is freed when memory is short.
        _parts.Truncate(0);
        for (int i = 0; i < count; i++)
        {
            _parts.Add(new RegexNode(_scratch[start + i]));
        }

        return Combine(kind, _parts.Span);
    }

    /// <summary>The partition of the bytes into classes that a node treats alike.</summary>
    private int PartitionOf(int id)
    {
        if (_nodes[id].Partition != Unknown)
        {
            return _nodes[id].Partition;
        }

        RuntimeLimits.CheckStack();
        Node node = _nodes[id];
        int partition = node.Kind switch
        {
            Kind.Set => _partitions.Of(_sets[node.A] & _available),
            Kind.Literal => _partitions.Of(ByteSet.Of(_literals[node.A])),
            Kind.Concatenation => _nodes[node.A].IsNullable ? _partitions.Refine(PartitionOf(node.A), PartitionOf(node.B)) : PartitionOf(node.A),
            Kind.Complement => _partitions.Refine(_partitions.Of(_available), PartitionOf(node.A)),
            Kind.Repetition => PartitionOf(node.A),
            Kind.Union or Kind.Intersection => PartitionOfMembers(node),
            _ => BytePartitions.Whole,
        };
        _nodes[id].Partition = partition;
        return partition;
    }

    private int PartitionOfMembers(Node node)
    {
        int partition = BytePartitions.Whole;
        for (int i = 0; i < node.B; i++)
        {
            partition = _partitions.Refine(partition, PartitionOf(_lists[node.A + i]));
        }

        return partition;
    }

    /// <summary>Adds up what the parts say, and searches where a part is an intersection or a complement.</summary>
    private int FindShortest(int id)
    {
        Node node = _nodes[id];
        int length;
        switch (node.Kind)
        {
            case Kind.Concatenation:
                length = Sum(ShortestLength(new RegexNode(node.A)), ShortestLength(new RegexNode(node.B)));
                break;
            case Kind.Repetition:
                length = Product(ShortestLength(new RegexNode(node.A)), node.Min);
                break;
            case Kind.Union:
                length = Unreachable;
                for (int i = 0; i < node.B; i++)
                {
                    length = Math.Min(length, ShortestLength(new RegexNode(_lists[node.A + i])));
                }

                break;
            default:
                return SearchShortest(id);
        }

        _nodes[id].MinLength = length;
        return length;
    }

    /// <summary>
    /// Looks at what is left after one byte, two bytes and so on, until the end is found. What is too large to be searched counts as
    /// having no text, so that an answer never runs into it.
    /// </summary>
    private int SearchShortest(int id)
    {
        _reached.Clear();
        _search.Truncate(0);
        _search.Add((id, 0, -1));
        _reached.Add(id, 0);
        int best = Unreachable;
        int bestAt = -1;
        bool complete = true;
        for (int at = 0; at < _search.Count; at++)
        {
            (int current, int depth, _) = _search[at];
            if (depth >= best)
            {
                break;
            }

            Node node = _nodes[current];
            int known = node.IsNullable ? 0 : node.MinLength;
            if (known >= 0)
            {
                if (depth + known < best)
                {
                    best = depth + known;
                    bestAt = at;
                }

                continue;
            }

            if (_search.Count > SearchLimit)
            {
                complete = false;
                continue;
            }

            int partition = PartitionOf(current);
            for (int c = 0; c < _partitions.ClassCount(partition); c++)
            {
                int next = Derive(current, _partitions.Representative(partition, c)).Id;
                if (next != RegexNode.Nothing.Id && _reached.TryAdd(next, at))
                {
                    _search.Add((next, depth + 1, at));
                }
            }
        }

        for (int at = bestAt; at >= 0; at = _search[at].From)
        {
            _nodes[_search[at].Node].MinLength = best - _search[at].Depth;
        }

        if (bestAt < 0)
        {
            // With everything seen, none of it has an end.
            for (int at = 0; complete && at < _search.Count; at++)
            {
                _nodes[_search[at].Node].MinLength = Unreachable;
            }

            _nodes[id].MinLength = Unreachable;
        }

        return best;
    }
}
