using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Matching;

/// <summary>The place at which a rule's caller continues.</summary>
/// <param name="Node">The node after the call.</param>
/// <param name="Count">For a loop, how many times its body is read when it is read to the end; 0 for everything else.</param>
/// <param name="Parent">The stack below.</param>
internal readonly record struct Frame(int Node, int Count, int Parent) : IComparable<Frame>
{
    public int CompareTo(Frame other)
    {
        int order = Node.CompareTo(other.Node);
        order = order != 0 ? order : Count.CompareTo(other.Count);
        return order != 0 ? order : Parent.CompareTo(other.Parent);
    }
}

/// <summary>
/// The stacks of a parser. A stack is a set of frames, one for each way in which the text so far was read, and each has a stack below
/// it. Equal stacks are one number, and a stack's number is larger than those of the stacks below.
/// </summary>
internal sealed class ParserStacks
{
    /// <summary>The stack of the whole text: nothing follows it.</summary>
    public const int Root = 0;

    private const int Unknown = -1;
    private const int MaxFrames = 1 << 21;

    private GrowingArray<Entry> _stacks;
    private GrowingArray<Frame> _frames;
    private HashIndex _index;
    private GrowingArray<Frame> _merged = new(64);

    public ParserStacks(int capacity)
    {
        _stacks = new GrowingArray<Entry>(capacity);
        _frames = new GrowingArray<Frame>(capacity);
        _index = new HashIndex(capacity);
        _index.Add(0);
        _stacks.Add(new Entry { Resumed = Unknown });
    }

    public int Count => _stacks.Count;

    public int FrameCount => _frames.Count;

    /// <summary>Bytes of the stacks.</summary>
    public MemoryCount Memory => _stacks.Memory + _frames.Memory + _index.Memory + _merged.Memory;

    /// <summary>The frames of a stack.</summary>
    public ReadOnlySpan<Frame> Frames(int stack) => _frames.Span.Slice(_stacks[stack].Start, _stacks[stack].Count);

    /// <summary>The parser's state once a stack's rule is read, or -1 where that is not known yet.</summary>
    public int Resumed(int stack) => _stacks[stack].Resumed;

    /// <summary>Notes the state once a stack's rule is read.</summary>
    public void SetResumed(int stack, int state) => _stacks[stack].Resumed = state;

    /// <summary>Bytes of the shortest text that ends everything on a stack.</summary>
    public int Distance(int stack) => _stacks[stack].Distance;

    /// <summary>A stack with one frame.</summary>
    public int Push(Frame frame, int distance) => Intern([frame], distance);

    /// <summary>A stack with given frames.</summary>
    /// <param name="frames">The frames; sorted afterwards.</param>
    /// <param name="distance">The least distance of them.</param>
    public int Push(Span<Frame> frames, int distance)
    {
        frames.Sort();
        int count = 0;
        for (int i = 0; i < frames.Length; i++)
        {
            if (i == 0 || frames[i] != frames[count - 1])
            {
                frames[count++] = frames[i];
            }
        }

        return Intern(frames[..count], distance);
    }

    /// <summary>The stack with the frames of two stacks.</summary>
    public int Merge(int a, int b)
    {
        if (a == b)
        {
            return a;
        }

        _merged.Truncate(0);
        _merged.AddRange(Frames(a));
        _merged.AddRange(Frames(b));
        return Push(_merged.Span, Math.Min(Distance(a), Distance(b)));
    }

    /// <summary>Forgets all stacks but the root.</summary>
    public void Clear()
    {
        _stacks.Truncate(1);
        _stacks[Root].Resumed = Unknown;
        _frames.Truncate(0);
        _index.Truncate(1);
    }

    private int Intern(scoped ReadOnlySpan<Frame> frames, int distance)
    {
        HashCode code = default;
        foreach (Frame frame in frames)
        {
            code.Add(frame.Node);
            code.Add(frame.Count);
            code.Add(frame.Parent);
        }

        int hash = code.ToHashCode();
        for (int i = _index.First(hash); i >= 0; i = _index.Next(i))
        {
            if (i != Root && Frames(i).SequenceEqual(frames))
            {
                return i;
            }
        }

        if (_frames.Count > MaxFrames)
        {
            throw new ConstraintException("The grammar is too ambiguous: a text can be read in too many ways.");
        }

        _index.Add(hash);
        int start = _frames.AddRange(frames);
        return _stacks.Add(new Entry { Start = start, Count = frames.Length, Resumed = Unknown, Distance = distance });
    }

    private struct Entry
    {
        public int Start;
        public int Count;
        public int Resumed;
        public int Distance;
    }
}
