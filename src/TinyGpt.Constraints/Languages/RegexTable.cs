namespace TinyGpt.Constraints.Languages;

/// <summary>
/// Regular languages over bytes as expressions. Equal expressions are one node, simplified by what can be seen without unfolding them, so
/// the languages that are left of an expression after some bytes (<see cref="Step"/>) are the states of an automaton that is built as far
/// as it is walked. Repetition has counters and is never unrolled. Not thread-safe.
/// </summary>
internal sealed partial class RegexTable
{
    /// <summary>The count of a repetition without an end.</summary>
    public const int Unbounded = int.MaxValue;

    /// <summary>The length of the shortest text where there is none, and the largest length that is told apart.</summary>
    public const int Unreachable = int.MaxValue / 4;

    private const int Unknown = -1;
    private const int MaxNodes = 1 << 21;

    private GrowingArray<Node> _nodes;
    private GrowingArray<ByteSet> _sets;
    private GrowingArray<byte> _literals;
    private GrowingArray<int> _lists;
    private GrowingArray<int> _scratch = new(64);
    private HashIndex _index;
    private ByteSet _available = ByteSet.All;

    public RegexTable()
        : this(256)
    {
        Add(new Node { Kind = Kind.Nothing, MinLength = Unreachable }, 0);
        Add(new Node { Kind = Kind.Empty, IsNullable = true }, 1);
    }

    /// <summary>Creates a table that is filled by <see cref="CopyFrom"/>.</summary>
    /// <param name="capacity">For how many nodes there is room without allocating.</param>
    public RegexTable(int capacity)
    {
        _nodes = new GrowingArray<Node>(capacity);
        _sets = new GrowingArray<ByteSet>(64);
        _literals = new GrowingArray<byte>(1024);
        _lists = new GrowingArray<int>(256);
        _index = new HashIndex(capacity);
    }

    /// <summary>What an expression is made of.</summary>
    internal enum Kind : byte
    {
        /// <summary>No text.</summary>
        Nothing,

        /// <summary>The empty text.</summary>
        Empty,

        /// <summary>One byte of a set: A is the set's index.</summary>
        Set,

        /// <summary>Given bytes: A … B in the literals.</summary>
        Literal,

        /// <summary>A, then B; A is no concatenation.</summary>
        Concatenation,

        /// <summary>Any of the B nodes in the lists from A.</summary>
        Union,

        /// <summary>All of the B nodes in the lists from A.</summary>
        Intersection,

        /// <summary>Everything but A.</summary>
        Complement,

        /// <summary>A, Min to Max times.</summary>
        Repetition,
    }

    /// <summary>How many nodes there are.</summary>
    public int Count => _nodes.Count;

    /// <summary>Every text.</summary>
    public RegexNode Anything => Complement(RegexNode.Nothing);

    /// <summary>One byte of a set.</summary>
    public RegexNode Bytes(ByteSet set)
    {
        if (set.IsEmpty)
        {
            return RegexNode.Nothing;
        }

        int hash = HashCode.Combine(Kind.Set, set);
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            if (_nodes[i].Kind == Kind.Set && _sets[_nodes[i].A] == set)
            {
                return new RegexNode(i);
            }
        }

        return Add(new Node { Kind = Kind.Set, A = _sets.Add(set), MinLength = (set & _available).IsEmpty ? Unreachable : 1 }, hash);
    }

    /// <summary>One byte.</summary>
    public RegexNode Byte(byte value) => Bytes(ByteSet.Of(value));

    /// <summary>One byte from one to another, both included.</summary>
    public RegexNode Range(byte first, byte last) => Bytes(ByteSet.Range(first, last));

    /// <summary>Given bytes in this order.</summary>
    public RegexNode Literal(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= 1)
        {
            return bytes.IsEmpty ? RegexNode.Empty : Byte(bytes[0]);
        }

        HashCode code = default;
        code.AddBytes(bytes);
        int hash = code.ToHashCode();
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            ref Node node = ref _nodes[i];
            if (node.Kind == Kind.Literal && _literals.Span[node.A..node.B].SequenceEqual(bytes))
            {
                return new RegexNode(i);
            }
        }

        int start = _literals.AddRange(bytes);
        return Add(new Node { Kind = Kind.Literal, A = start, B = start + bytes.Length, MinLength = bytes.Length }, hash);
    }

    /// <summary>A text as UTF-8.</summary>
    public RegexNode Text(string text) => Literal(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>One language after another.</summary>
    public RegexNode Concat(RegexNode first, RegexNode second)
    {
        RuntimeLimits.CheckStack();
        if (first.IsNothing || second.IsNothing)
        {
            return RegexNode.Nothing;
        }

        if (first.IsEmpty || second.IsEmpty)
        {
            return first.IsEmpty ? second : first;
        }

        Node left = _nodes[first.Id];
        if (left.Kind == Kind.Concatenation)
        {
            return Concat(new RegexNode(left.A), Concat(new RegexNode(left.B), second));
        }

        // Counts of the same repeated language add up.
        Node right = _nodes[second.Id];
        if (right.Kind == Kind.Concatenation && Repeats(right.A, Body(first.Id)))
        {
            return Concat(Join(first.Id, right.A), new RegexNode(right.B));
        }

        return Repeats(second.Id, Body(first.Id))
            ? Join(first.Id, second.Id)
            : Intern(new Node
            {
                Kind = Kind.Concatenation,
                A = first.Id,
                B = second.Id,
                IsNullable = left.IsNullable && right.IsNullable,
                HasBoolean = left.HasBoolean || right.HasBoolean,
                MinLength = left.HasBoolean || right.HasBoolean ? Unknown : Sum(left.MinLength, right.MinLength),
            });
    }

    /// <summary>Languages one after another.</summary>
    public RegexNode Concat(params ReadOnlySpan<RegexNode> parts)
    {
        RegexNode result = RegexNode.Empty;
        for (int i = parts.Length - 1; i >= 0; i--)
        {
            result = Concat(parts[i], result);
        }

        return result;
    }

    /// <summary>A language a number of times.</summary>
    /// <param name="body">The language.</param>
    /// <param name="min">0 or more.</param>
    /// <param name="max">At least min, or <see cref="Unbounded"/>.</param>
    public RegexNode Repeat(RegexNode body, int min, int max = Unbounded)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfLessThan(max, min);
        if (max == 0 || body.IsEmpty)
        {
            return RegexNode.Empty;
        }

        if (body.IsNothing)
        {
            return min == 0 ? RegexNode.Empty : RegexNode.Nothing;
        }

        Node node = _nodes[body.Id];
        min = node.IsNullable ? 0 : min;
        if ((min == 1 && max == 1) || (node.Kind == Kind.Repetition && node.Min == 0 && node.Max == Unbounded))
        {
            return body;
        }

        if (max == 1 && node.IsNullable)
        {
            return body;
        }

        return Intern(new Node
        {
            Kind = Kind.Repetition,
            A = body.Id,
            Min = min,
            Max = max,
            IsNullable = min == 0,
            HasBoolean = node.HasBoolean && min > 0,
            MinLength = min == 0 ? 0 : node.HasBoolean ? Unknown : Product(node.MinLength, min),
        });
    }

    /// <summary>A language or the empty text.</summary>
    public RegexNode Optional(RegexNode body) => Repeat(body, 0, 1);

    /// <summary>Any of two languages.</summary>
    public RegexNode Union(RegexNode a, RegexNode b) =>
        a == b || b.IsNothing ? a : a.IsNothing ? b : Combine(Kind.Union, [a, b]);

    /// <summary>Any of some languages.</summary>
    public RegexNode Union(params ReadOnlySpan<RegexNode> parts) => Combine(Kind.Union, parts);

    /// <summary>What two languages have in common.</summary>
    public RegexNode Intersect(RegexNode a, RegexNode b) => a == b ? a : Combine(Kind.Intersection, [a, b]);

    /// <summary>What some languages have in common; everything for none.</summary>
    public RegexNode Intersect(params ReadOnlySpan<RegexNode> parts) => Combine(Kind.Intersection, parts);

    /// <summary>Every text that a language has not.</summary>
    public RegexNode Complement(RegexNode body)
    {
        Node node = _nodes[body.Id];
        return node.Kind == Kind.Complement
            ? new RegexNode(node.A)
            : Intern(new Node
            {
                Kind = Kind.Complement,
                A = body.Id,
                IsNullable = !node.IsNullable,
                HasBoolean = true,
                MinLength = node.IsNullable ? Unknown : 0,
            });
    }

    /// <summary>One code point of a set, as UTF-8.</summary>
    public RegexNode CodePoints(CodePointSet set)
    {
        GrowingArray<int> options = new(16);
        ByteSet ascii = default;
        Span<ByteSet> bytes = stackalloc ByteSet[Utf8Ranges.MaxLength];
        foreach ((int first, int last) in set.Ranges)
        {
            foreach (Utf8Ranges.Sequence sequence in Utf8Ranges.Split(first, last))
            {
                int length = sequence.CopyTo(bytes);
                if (length == 1)
                {
                    ascii |= bytes[0];
                    continue;
                }

                RegexNode option = RegexNode.Empty;
                for (int i = length - 1; i >= 0; i--)
                {
                    option = Concat(Bytes(bytes[i]), option);
                }

                options.Add(option.Id);
            }
        }

        options.Add(Bytes(ascii).Id);
        return Combine(Kind.Union, System.Runtime.InteropServices.MemoryMarshal.Cast<int, RegexNode>(options.Span));
    }

    private static int Sum(int a, int b) => a < 0 || b < 0 ? Unknown : Math.Min(a + b, Unreachable);

    private static int Product(int a, int count) => a < 0 ? Unknown : (int)Math.Min((long)a * count, Unreachable);

    private bool Repeats(int node, int body) => Body(node) == body;

    /// <summary>What a node repeats: the node itself, unless it is a repetition. Literals and the like that are not repeated have none.</summary>
    private int Body(int node) => _nodes[node].Kind == Kind.Repetition ? _nodes[node].A : node;

    private RegexNode Join(int a, int b)
    {
        (int minA, int maxA) = Counts(a);
        (int minB, int maxB) = Counts(b);
        int max = maxA == Unbounded || maxB == Unbounded ? Unbounded : checked(maxA + maxB);
        return Repeat(new RegexNode(Body(a)), checked(minA + minB), max);
    }

    private (int Min, int Max) Counts(int node) => _nodes[node].Kind == Kind.Repetition ? (_nodes[node].Min, _nodes[node].Max) : (1, 1);

    /// <summary>A union or an intersection: flat, sorted, without doubles, single bytes as one set.</summary>
    private RegexNode Combine(Kind kind, scoped ReadOnlySpan<RegexNode> parts)
    {
        bool isUnion = kind == Kind.Union;
        int start = _scratch.Count;
        ByteSet set = isUnion ? default : ByteSet.All;
        bool hasSet = false;
        int neutral = isUnion ? RegexNode.Nothing.Id : Anything.Id;
        int absorbing = isUnion ? Anything.Id : RegexNode.Nothing.Id;
        bool absorbed = false;
        foreach (RegexNode part in parts)
        {
            ref Node node = ref _nodes[part.Id];
            if (node.Kind == kind)
            {
                _scratch.AddRange(_lists.Span.Slice(node.A, node.B));
            }
            else
            {
                _scratch.Add(part.Id);
            }
        }

        int kept = start;
        for (int i = start; i < _scratch.Count; i++)
        {
            int id = _scratch[i];
            ref Node node = ref _nodes[id];
            absorbed |= id == absorbing;
            if (node.Kind == Kind.Set)
            {
                set = isUnion ? set | _sets[node.A] : set & _sets[node.A];
                hasSet = true;
            }
            else if (id != neutral)
            {
                _scratch[kept++] = id;
            }
        }

        _scratch.Truncate(kept);
        if (absorbed || (!isUnion && hasSet && set.IsEmpty))
        {
            _scratch.Truncate(start);
            return new RegexNode(absorbing);
        }

        if (hasSet)
        {
            _scratch.Add(Bytes(set).Id);
        }

        Span<int> members = _scratch.Span[start..];
        members.Sort();
        int count = 0;
        for (int i = 0; i < members.Length; i++)
        {
            if (i == 0 || members[i] != members[count - 1])
            {
                members[count++] = members[i];
            }
        }

        RegexNode result = count switch
        {
            0 => new RegexNode(neutral),
            1 => new RegexNode(members[0]),
            _ => InternList(kind, members[..count]),
        };
        _scratch.Truncate(start);
        return result;
    }

    private RegexNode InternList(Kind kind, Span<int> members)
    {
        HashCode code = default;
        code.Add(kind);
        bool isUnion = kind == Kind.Union;
        bool nullable = !isUnion;
        bool hasBoolean = !isUnion;
        int minLength = isUnion ? Unreachable : 0;
        foreach (int member in members)
        {
            code.Add(member);
            ref Node node = ref _nodes[member];
            nullable = isUnion ? nullable || node.IsNullable : nullable && node.IsNullable;
            hasBoolean |= node.HasBoolean;
            minLength = Math.Min(minLength, node.MinLength);
        }

        int hash = code.ToHashCode();
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            ref Node node = ref _nodes[i];
            if (node.Kind == kind && _lists.Span.Slice(node.A, node.B).SequenceEqual(members))
            {
                return new RegexNode(i);
            }
        }

        return Add(
            new Node
            {
                Kind = kind,
                A = _lists.AddRange(members),
                B = members.Length,
                IsNullable = nullable,
                HasBoolean = hasBoolean,
                MinLength = nullable ? 0 : hasBoolean ? Unknown : minLength,
            },
            hash);
    }

    private RegexNode Intern(Node node)
    {
        int hash = HashCode.Combine(node.Kind, node.A, node.B, node.Min, node.Max);
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            ref Node other = ref _nodes[i];
            if (other.Kind == node.Kind && other.A == node.A && other.B == node.B && other.Min == node.Min && other.Max == node.Max)
            {
                return new RegexNode(i);
            }
        }

        return Add(node, hash);
    }

    private RegexNode Add(Node node, int hash)
    {
        if (_nodes.Count >= MaxNodes)
        {
            throw new ConstraintException($"The constraint needs more than {MaxNodes:N0} expressions: make it smaller.");
        }

        node.Partition = Unknown;
        node.Transitions = Unknown;
        _index.Add(hash);
        return new RegexNode(_nodes.Add(node));
    }

    /// <summary>An expression, and what is known of it.</summary>
    private struct Node
    {
        public Kind Kind;
        public bool IsNullable;
        public bool HasBoolean; // an intersection or a complement must be looked into to know whether there is any text
        public int A;
        public int B;
        public int Min;
        public int Max;
        public int MinLength;
        public int Partition;
        public int Transitions;
    }
}
