using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using TinyGpt.Constraints.Languages;
using TinyGpt.Constraints.Vocabularies;

namespace TinyGpt.Constraints.Matching;

/// <summary>
/// The tokens that can follow each state of a parser, found out as they are asked for and kept as long as there is room. The work can be
/// interrupted between nodes of the token tree. What does not depend on the parser's stack is found out once for all stacks.
/// </summary>
internal sealed class TokenMasks
{
    private const int NodesBetweenChecks = 512;
    private const int LargeSet = 8;
    private const int WideLanguage = 24;
    private const int AllTokens = 0;
    private const int MaxTrees = 8;
    private const int None = -1;
    private const int BytesPerLeft = 24;
    private const int BytesPerSet = 96;
    private const int LeastBytes = 1 << 14;
    private const int FirstExits = 1 << 12;

    private readonly ConstraintVocabulary _vocabulary;
    private readonly GrammarParser _parser;
    private readonly TextLoops _loops;
    private readonly TokenSet[] _sets;
    private readonly LanguageTokens[] _languages;
    private readonly Dictionary<int, int> _languageSlots = [];
    private readonly HashSet<(int Place, int Stack)> _left = [];
    private readonly int _maxExits;
    private readonly int[] _path;
    private GrowingArray<int> _exits = new(FirstExits);
    private GrowingArray<Walk> _walks = new(64);
    private int _nextSet;
    private int _nextLanguage;

    // The job under way.
    private int _state = None;
    private TokenSet _target;
    private int _limit;
    private int _nearest;
    private int _limitedState = None;
    private int _limitedBy;
    private int _maxDistance;
    private bool _isWalking;
    private Walk _walk;
    private LanguageTokens? _recorded;
    private int _at;
    private int _end;

    public TokenMasks(ConstraintVocabulary vocabulary, GrammarParser parser, int maxSets)
    {
        _vocabulary = vocabulary;
        _parser = parser;
        _loops = new TextLoops(parser.Regex);
        _sets = new TokenSet[maxSets / 2];
        _languages = new LanguageTokens[maxSets - _sets.Length];
        _path = new int[vocabulary.LongestToken + 1];
        _maxExits = MaxExits(vocabulary);
        Scratch = new TokenSet(new ulong[vocabulary.Words]);
    }

    /// <summary>In place of a limit: whatever brings the end nearest.</summary>
    public const int Nearest = int.MaxValue;

    /// <summary>The set that <see cref="Begin"/> fills where the distance is limited.</summary>
    public TokenSet Scratch { get; }

    /// <summary>Whether a job is under way.</summary>
    public bool IsBusy => _state != None;

    /// <summary>Bytes that are held.</summary>
    public long Bytes
    {
        get
        {
            long sets = _sets.Count(set => set.Bits is not null) + _languages.Count(language => language is not null) + 1;
            return (sets * SetBytes(_vocabulary)) + (_path.Length * (long)sizeof(int)) + _exits.Memory.Reserved + _walks.Memory.Reserved
                + (_left.Capacity * BytesPerLeft) + (_languageSlots.Capacity * BytesPerLeft);
        }
    }

    /// <summary>The most bytes that are held, for a plan: the sets, the exits, and a job that leaves terminals at every node of the tree.</summary>
    public static long MaxBytes(ConstraintVocabulary vocabulary, int maxSets)
    {
        long nodes = vocabulary.Trie.Count;
        return ((maxSets + 1) * SetBytes(vocabulary)) + (2 * (MaxExits(vocabulary) + nodes) * sizeof(int)) + (2 * nodes * BytesPerLeft)
            + (maxSets * 4 * BytesPerLeft) + (vocabulary.LongestToken * (long)sizeof(int)) + LeastBytes;
    }

    private static long SetBytes(ConstraintVocabulary vocabulary) => ((long)vocabulary.Words * sizeof(ulong)) + BytesPerSet;

    /// <summary>How many nodes at which a terminal can end are kept of all languages together.</summary>
    private static int MaxExits(ConstraintVocabulary vocabulary) => Math.Max(4 * vocabulary.Trie.Count, 1 << 14);

    /// <summary>The tokens that can follow a state, if they are known.</summary>
    /// <param name="state">The state.</param>
    /// <param name="maxDistance">The most bytes that it can be to the end after one of them.</param>
    /// <param name="bits">The tokens, as bits.</param>
    public bool TryGet(int state, out int maxDistance, out ReadOnlySpan<ulong> bits)
    {
        int slot = _parser.Mask(state);
        bits = slot < 0 ? default : _sets[slot].Bits;
        maxDistance = slot < 0 ? 0 : _sets[slot].MaxDistance;
        return slot >= 0;
    }

    /// <summary>Whether <see cref="Scratch"/> has what can follow a state within a limit.</summary>
    public bool HasLimited(int state, int limit) => _limitedState == state && _limitedBy == limit;

    /// <summary>Begins to find out what can follow a state.</summary>
    /// <param name="state">The state.</param>
    /// <param name="limit">
    /// The most bytes that it may be to the end after a token, or <see cref="Nearest"/>, for a set that is put into <see cref="Scratch"/>; or
    /// negative for all tokens.
    /// </param>
    public void Begin(int state, int limit = -1)
    {
        _state = state;
        _limit = limit;
        _maxDistance = 0;
        _left.Clear();
        _walks.Truncate(0);
        if (limit < 0)
        {
            int slot = _nextSet;
            _nextSet = (_nextSet + 1) % _sets.Length;
            if (_sets[slot].Bits is null)
            {
                _sets[slot] = new TokenSet(new ulong[_vocabulary.Words]);
            }
            else if (_sets[slot].State >= 0)
            {
                _parser.SetMask(_sets[slot].State, None);
            }

            _sets[slot].State = None;
            _target = _sets[slot];
            _target.Slot = slot;
        }
        else
        {
            _target = Scratch;
            _limitedState = None;
            _nearest = int.MaxValue;
        }

        _target.Bits.AsSpan().Clear();
        int count = _parser.Configurations(state).Length;
        for (int i = 0; i < count; i++)
        {
            Configuration configuration = _parser.Configurations(state)[i];
            Follow(new Walk(AllTokens, TokenTrie.Root, configuration.Language, configuration.Stack));
        }
    }

    /// <summary>Goes on with the job.</summary>
    /// <param name="deadline">A time of <see cref="Stopwatch"/> at which to stop.</param>
    /// <returns>Whether the job is done.</returns>
    public bool Run(long deadline)
    {
        while (true)
        {
            if (_isWalking)
            {
                if (!ContinueWalk(deadline))
                {
                    return false;
                }

                EndWalk();
            }

            if (_walks.Count == 0)
            {
                break;
            }

            Walk next = _walks[_walks.Count - 1];
            _walks.Truncate(_walks.Count - 1);
            BeginWalk(next);
        }

        Finish();
        return true;
    }

    /// <summary>Forgets everything: the parser's numbers have another meaning now.</summary>
    public void Clear()
    {
        _state = None;
        _isWalking = false;
        _recorded = null;
        _limitedState = None;
        _nextSet = 0;
        _nextLanguage = 0; // so that the same texts need the same room again
        ClearLanguages();
        foreach (ref TokenSet set in _sets.AsSpan())
        {
            set.State = None;
        }
    }

    /// <summary>A tree of tokens.</summary>
    /// <param name="tree">0 for all tokens, from 1 for those that are not ordinary text by each of the slices.</param>
    private TokenTrie Trie(int tree) => tree == AllTokens ? _vocabulary.Trie : _vocabulary.Slices[tree - 1].Others;

    /// <summary>Follows a terminal from a node of the tree: a literal at once, anything larger later.</summary>
    private void Follow(Walk walk)
    {
        RegexNode language = new(walk.Language);
        TokenTrie trie = Trie(walk.Tree);
        if (_parser.Regex.IsLiteral(language, out ReadOnlySpan<byte> literal))
        {
            int rest = literal.Length + _parser.StackDistance(walk.Stack);
            int node = walk.Node;
            foreach (byte value in literal)
            {
                node = trie.Child(node, value);
                if (node < 0)
                {
                    return;
                }

                Allow(trie.Token(node), --rest);
            }

            Leave(walk.Tree, node, walk.Stack);
        }
        else if (_parser.Regex.IsSet(language, out ByteSet set) && set.Count <= LargeSet)
        {
            int rest = _parser.StackDistance(walk.Stack);
            for (int value = 0; value < 256; value++)
            {
                if (set.Contains((byte)value) && trie.Child(walk.Node, (byte)value) is >= 0 and int node)
                {
                    Allow(trie.Token(node), rest);
                    Leave(walk.Tree, node, walk.Stack);
                }
            }
        }
        else if (!language.IsEmpty)
        {
            _walks.Add(walk);
        }
    }

    /// <summary>Follows what comes after a terminal that ends at a node.</summary>
    private void Leave(int tree, int node, int stack)
    {
        TokenTrie trie = Trie(tree);
        if (!trie.HasChildren(node))
        {
            return;
        }

        int resumed = _parser.Resume(stack);
        if (!HasChild(trie, node, _parser.FirstBytes(resumed)) || !_left.Add(((node * MaxTrees) + tree, stack)))
        {
            return;
        }

        RuntimeLimits.CheckStack();
        int count = _parser.Configurations(resumed).Length;
        for (int i = 0; i < count; i++)
        {
            Configuration next = _parser.Configurations(resumed)[i];
            Follow(new Walk(tree, node, next.Language, next.Stack));
        }
    }

    private static bool HasChild(TokenTrie trie, int node, in ByteSet first)
    {
        int end = trie.End(node);
        for (int child = node + 1; child < end; child = trie.End(child))
        {
            if (first.Contains(trie.Byte(child)))
            {
                return true;
            }
        }

        return false;
    }

    private void BeginWalk(Walk walk)
    {
        _recorded = null;
        ByteSet first = _parser.Regex.FirstBytes(new RegexNode(walk.Language));
        if (walk.Only < 0 && first.Count <= LargeSet)
        {
            PushChildren(walk, first);
            return;
        }

        if (walk.Node == TokenTrie.Root && walk.Only < 0 && _limit < 0 && first.Count >= WideLanguage)
        {
            if (_languageSlots.TryGetValue(walk.Language, out int slot))
            {
                Apply(_languages[slot], walk.Stack);
                return;
            }

            walk = Record(walk);
        }

        TokenTrie trie = Trie(walk.Tree);
        _walk = walk;
        _at = walk.Only < 0 ? walk.Node + 1 : walk.Only;
        _end = trie.End(walk.Only < 0 ? walk.Node : walk.Only);
        _path[0] = walk.Language;
        _isWalking = true;
    }

    /// <summary>Goes to the few children of a node that a language can begin with.</summary>
    private void PushChildren(Walk walk, in ByteSet first)
    {
        TokenTrie trie = Trie(walk.Tree);
        for (int value = 0; value < 256; value++)
        {
            if (first.Contains((byte)value) && trie.Child(walk.Node, (byte)value) is >= 0 and int child)
            {
                _walks.Add(walk with { Only = child });
            }
        }
    }

    /// <summary>Begins a set of tokens that are within a language, with ordinary text if all of it is.</summary>
    private Walk Record(Walk walk)
    {
        for (int i = 0; i < _vocabulary.Slices.Length; i++)
        {
            TextSlices slices = _vocabulary.Slices[i];
            int characters = _loops.Find(walk.Language, slices.Characters, out int maxDistance);
            if (characters > 0)
            {
                _recorded = TakeLanguage(walk.Language, i + 1);
                slices.UpTo(characters).CopyTo(_recorded.Bits);
                _recorded.MaxDistance = maxDistance;
                return walk with { Tree = i + 1 };
            }
        }

        _recorded = TakeLanguage(walk.Language, AllTokens);
        return walk;
    }

    private bool ContinueWalk(long deadline)
    {
        TokenTrie trie = Trie(_walk.Tree);
        ReadOnlySpan<ulong> nodes = trie.Nodes;
        RegexTable regex = _parser.Regex;
        int above = trie.Depth(_walk.Node);
        int stackDistance = _parser.StackDistance(_walk.Stack);
        int at = _at;
        int check = NodesBetweenChecks;
        while (at < _end)
        {
            ulong node = nodes[at];
            int depth = TokenTrie.DepthOf(node) - above;
            RegexNode next = regex.Step(new RegexNode(_path[depth - 1]), TokenTrie.ByteOf(node));
            if (next.IsNothing)
            {
                at = TokenTrie.EndOf(node);
            }
            else
            {
                int token = TokenTrie.TokenOf(node);
                if (token != TokenTrie.NoToken)
                {
                    int distance = regex.ShortestLength(next);
                    if (_recorded is not null)
                    {
                        _recorded.Bits[token >> 6] |= 1UL << token;
                        _recorded.MaxDistance = Math.Max(_recorded.MaxDistance, distance);
                    }
                    else
                    {
                        Allow(token, distance + stackDistance);
                    }
                }

                _path[depth] = next.Id;
                int end = TokenTrie.EndOf(node);
                if (end > at + 1 && regex.IsNullable(next))
                {
                    if (_recorded is not null)
                    {
                        _exits.Add(at);
                        _recorded.ExitCount++;
                    }
                    else
                    {
                        Leave(_walk.Tree, at, _walk.Stack);
                    }
                }

                at = next.IsEmpty ? end : at + 1;
            }

            if (--check == 0)
            {
                check = NodesBetweenChecks;
                if (deadline != long.MaxValue && Stopwatch.GetTimestamp() >= deadline)
                {
                    _at = at;
                    return false;
                }
            }
        }

        return true;
    }

    private void EndWalk()
    {
        _isWalking = false;
        if (_recorded is { } recorded)
        {
            _recorded = null;
            Apply(recorded, _walk.Stack);
        }
    }

    /// <summary>Allows the tokens within a terminal, and follows what comes after it.</summary>
    private void Apply(LanguageTokens tokens, int stack)
    {
        Span<Vector<ulong>> target = MemoryMarshal.Cast<ulong, Vector<ulong>>(_target.Bits.AsSpan());
        ReadOnlySpan<Vector<ulong>> bits = MemoryMarshal.Cast<ulong, Vector<ulong>>(tokens.Bits.AsSpan());
        for (int i = 0; i < target.Length; i++)
        {
            target[i] |= bits[i];
        }

        for (int i = target.Length * Vector<ulong>.Count; i < tokens.Bits.Length; i++)
        {
            _target.Bits[i] |= tokens.Bits[i];
        }

        _maxDistance = Math.Max(_maxDistance, tokens.MaxDistance + _parser.StackDistance(stack));
        if (tokens.ExitCount == 0)
        {
            return;
        }

        ByteSet first = _parser.FirstBytes(_parser.Resume(stack));
        TokenTrie trie = Trie(tokens.Tree);
        foreach (int exit in _exits.Span.Slice(tokens.FirstExit, tokens.ExitCount))
        {
            if (HasChild(trie, exit, first))
            {
                Leave(tokens.Tree, exit, stack);
            }
        }
    }

    private void Allow(int token, int distance)
    {
        if (token != TokenTrie.NoToken && (_limit < 0 || distance <= _limit))
        {
            if (_limit == Nearest && distance != _nearest)
            {
                if (distance > _nearest)
                {
                    return;
                }

                _nearest = distance;
                _target.Bits.AsSpan().Clear();
            }

            _target.Bits[token >> 6] |= 1UL << token;
            _maxDistance = Math.Max(_maxDistance, distance);
        }
    }

    private LanguageTokens TakeLanguage(int language, int tree)
    {
        // A set is used up as soon as it is complete, so any of them may go, and all where the list of exits is full.
        if (_exits.Count > _maxExits)
        {
            ClearLanguages();
        }

        _nextLanguage = (_nextLanguage + 1) % _languages.Length;
        LanguageTokens place = _languages[_nextLanguage] ??= new LanguageTokens(_vocabulary.Words);
        if (place.Language >= 0)
        {
            _languageSlots.Remove(place.Language);
        }

        place.Begin(language, tree, _exits.Count);
        _languageSlots.Add(language, _nextLanguage);
        return place;
    }

    private void ClearLanguages()
    {
        _languageSlots.Clear();
        _exits.Truncate(0);
        foreach (LanguageTokens? language in _languages)
        {
            language?.Clear();
        }
    }

    private void Finish()
    {
        if (_parser.IsAccepting(_state) && _vocabulary.EndOfText is { } end)
        {
            _target.Bits[end >> 6] |= 1UL << end;
        }

        _vocabulary.AllowDoubles(_target.Bits);
        if (_limit < 0)
        {
            _sets[_target.Slot].State = _state;
            _sets[_target.Slot].MaxDistance = _maxDistance;
            _parser.SetMask(_state, _target.Slot);
        }
        else
        {
            _limitedState = _state;
            _limitedBy = _limit;
        }

        _state = None;
    }

    /// <summary>A terminal to be followed through a subtree.</summary>
    private readonly record struct Walk(int Tree, int Node, int Language, int Stack, int Only = -1);

    /// <summary>The tokens that can follow a state.</summary>
    internal struct TokenSet(ulong[] bits)
    {
        public ulong[] Bits { get; } = bits;

        public int State { get; set; } = None;

        public int Slot { get; set; }

        public int MaxDistance { get; set; }
    }
}
