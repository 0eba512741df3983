using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Matching;

/// <summary>A terminal that is being read, and what comes after it.</summary>
/// <param name="Language">What is left of the terminal.</param>
/// <param name="Stack">The stack on which reading continues after its end.</param>
internal readonly record struct Configuration(int Language, int Stack) : IComparable<Configuration>
{
    /// <summary>The mark of the end of the whole text.</summary>
    public static Configuration End => new(RegexNode.Empty.Id, ParserStacks.Root);

    public int CompareTo(Configuration other)
    {
        int order = Language.CompareTo(other.Language);
        return order != 0 ? order : Stack.CompareTo(other.Stack);
    }
}

/// <summary>
/// Reads texts by a grammar, byte by byte. A state is every way in which the bytes so far can be read; equal states are one number, and
/// what was found out about a state is kept. Numbers hold until <see cref="Clear"/>. Not thread-safe.
/// </summary>
internal sealed partial class GrammarParser
{
    /// <summary>The state from which no text leads to the end.</summary>
    public const int Dead = 0;

    private readonly ParserStacks _stacks;
    private readonly UnorderedSets _memberSets = new();
    private Grammar _grammar = null!;
    private (int Nodes, int Sets, int Lists) _mark;
    private GrowingArray<StateEntry> _states;
    private GrowingArray<Configuration> _configurations;
    private HashIndex _index;
    private GrowingArray<Configuration> _scratch = new(64);

    /// <summary>Creates a parser that reads nothing before <see cref="Use"/>.</summary>
    /// <param name="capacity">For how many states there is room without allocating.</param>
    public GrammarParser(int capacity)
    {
        Regex = new RegexTable(2 * capacity);
        _stacks = new ParserStacks(capacity);
        _states = new GrowingArray<StateEntry>(capacity);
        _configurations = new GrowingArray<Configuration>(2 * capacity);
        _index = new HashIndex(capacity);
    }

    /// <summary>Begins with a grammar, and forgets the one before.</summary>
    /// <param name="grammar">What to read.</param>
    /// <param name="available">The bytes of which texts can consist.</param>
    /// <exception cref="ConstraintException">The available bytes are not enough for any text.</exception>
    public void Use(Grammar grammar, ByteSet available)
    {
        Regex.CopyFrom(grammar.Regex, available);
        _grammar = available == ByteSet.All ? grammar : grammar.With(Regex);
        _memberSets.Use(_grammar);
        _mark = Regex.Mark();
        Clear();
    }

    /// <summary>The terminals' languages and what is left of them.</summary>
    public RegexTable Regex { get; }

    /// <summary>The state before the first byte.</summary>
    public int Start { get; private set; }

    /// <summary>How many states there are; their numbers are below this.</summary>
    public int StateCount => _states.Count;

    /// <summary>How many states, stacks, languages and sets of members are kept: the largest of the four.</summary>
    public int Size => Math.Max(Math.Max(_states.Count, _stacks.Count), Math.Max(Regex.Count - _mark.Nodes, _memberSets.Size));

    /// <summary>Bytes of everything that is kept.</summary>
    public MemoryCount Memory => Regex.Memory + _stacks.Memory + _memberSets.Memory + _states.Memory + _configurations.Memory + _index.Memory + _scratch.Memory;

    /// <summary>The ways in which a state's text can be read, in order of their languages.</summary>
    public ReadOnlySpan<Configuration> Configurations(int state) => _configurations.Span.Slice(_states[state].Start, _states[state].Count);

    /// <summary>Whether the text may end here.</summary>
    public bool IsAccepting(int state) => _states[state].Accepts;

    /// <summary>Whether the text must end here.</summary>
    public bool IsComplete(int state) => _states[state] is { Accepts: true, Count: 1 };

    /// <summary>Bytes of the shortest text from here to the end; 0 where it may end, <see cref="RegexTable.Unreachable"/> if dead.</summary>
    public int Distance(int state)
    {
        ref StateEntry entry = ref _states[state];
        if (entry.Distance < 0)
        {
            int least = RegexTable.Unreachable;
            foreach (Configuration configuration in Configurations(state))
            {
                int length = Regex.ShortestLength(new RegexNode(configuration.Language));
                least = Math.Min(least, Math.Min(length + _stacks.Distance(configuration.Stack), RegexTable.Unreachable));
            }

            _states[state].Distance = least;
        }

        return _states[state].Distance;
    }

    /// <summary>Bytes of the shortest text that ends everything on a stack.</summary>
    public int StackDistance(int stack) => _stacks.Distance(stack);

    /// <summary>Where the tokens that can follow a state are kept, or -1.</summary>
    public int Mask(int state) => _states[state].Mask;

    /// <summary>Notes where the tokens that can follow a state are kept.</summary>
    public void SetMask(int state, int mask) => _states[state].Mask = mask;

    /// <summary>The bytes that can come first, perhaps with some that cannot.</summary>
    public ByteSet FirstBytes(int state)
    {
        ByteSet bytes = default;
        foreach (Configuration configuration in Configurations(state))
        {
            bytes |= Regex.FirstBytes(new RegexNode(configuration.Language));
        }

        return bytes;
    }

    /// <summary>The state after a byte.</summary>
    public int Step(int state, byte value)
    {
        int first = _scratch.Count;
        (int start, int count) = (_states[state].Start, _states[state].Count);
        for (int i = start; i < start + count; i++)
        {
            Configuration configuration = _configurations[i];
            RegexNode next = Regex.Step(new RegexNode(configuration.Language), value);
            if (next.IsNothing)
            {
                continue;
            }

            if (!next.IsEmpty)
            {
                _scratch.Add(new Configuration(next.Id, configuration.Stack));
            }

            if (Regex.IsNullable(next))
            {
                int resumed = Resume(configuration.Stack);
                _scratch.AddRange(Configurations(resumed));
            }
        }

        return Intern(first);
    }

    /// <summary>The state after some bytes.</summary>
    public int Step(int state, ReadOnlySpan<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            state = Step(state, value);
            if (state == Dead)
            {
                break;
            }
        }

        return state;
    }

    /// <summary>Forgets everything but the grammar, so that memory is bounded.</summary>
    public void Clear()
    {
        Regex.Truncate(_mark.Nodes, _mark.Sets, _mark.Lists);
        _stacks.Clear();
        _memberSets.Clear();
        _states.Truncate(0);
        _configurations.Truncate(0);
        _index.Truncate(0);
        Begin();
    }

    private void Begin()
    {
        Intern(_scratch.Count); // Dead
        _work.Add((_grammar.Start, ParserStacks.Root));
        Start = Close();
    }

    /// <summary>
    /// The number of the state with the configurations in the scratch from an index on, which are removed from there. Those with
    /// the same language become one, with both stacks.
    /// </summary>
    private int Intern(int first)
    {
        Span<Configuration> found = _scratch.Span[first..];
        if (found.Length > 1)
        {
            found.Sort();
        }

        int count = 0;
        HashCode code = default;
        for (int i = 0; i < found.Length; i++)
        {
            if (count > 0 && found[i].Language == found[count - 1].Language)
            {
                found[count - 1] = found[i] with { Stack = _stacks.Merge(found[count - 1].Stack, found[i].Stack) };
            }
            else
            {
                found[count++] = found[i];
            }
        }

        found = found[..count];
        foreach (Configuration configuration in found)
        {
            code.Add(configuration.Language);
            code.Add(configuration.Stack);
        }

        int hash = code.ToHashCode();
        int known = _index.First(hash);
        while (known >= 0 && !Configurations(known).SequenceEqual(found))
        {
            known = _index.Next(known);
        }

        if (known < 0)
        {
            _index.Add(hash);
            known = _states.Add(new StateEntry
            {
                Start = _configurations.AddRange(found),
                Count = count,
                Accepts = count > 0 && found[0] == Configuration.End,
                Distance = -1,
                Mask = -1,
            });
        }

        _scratch.Truncate(first);
        return known;
    }

    private struct StateEntry
    {
        public int Start;
        public int Count;
        public int Distance;
        public int Mask;
        public bool Accepts;
    }
}
