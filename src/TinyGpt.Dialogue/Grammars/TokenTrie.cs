namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// The texts of a vocabulary's tokens as a tree of bytes in one array, every node before its children: a walk is a loop, and a subtree is
/// left out by a jump. Special and unused tokens are not in it. Immutable and thread-safe.
/// </summary>
internal sealed class TokenTrie
{
    private readonly byte[] _bytes;
    private readonly ushort[] _depths; // of the node, from 1
    private readonly int[] _ends; // the node behind the subtree
    private readonly int[] _firstToken; // into _tokens; those with a node's bytes reach to the next node's first
    private readonly int[] _tokens;

    public TokenTrie(TokenVocabulary vocabulary)
    {
        Vocabulary = vocabulary;
        HashSet<int> special = [];
        foreach (SpecialToken token in vocabulary.SpecialTokens)
        {
            special.Add(token.Id);
        }

        _tokens = [.. Enumerable.Range(0, vocabulary.Count).Where(id => vocabulary.TokenBytes(id).Length > 0 && !special.Contains(id))];
        Array.Sort(_tokens, (left, right) => vocabulary.TokenBytes(left).SequenceCompareTo(vocabulary.TokenBytes(right)));
        List<byte> bytes = [];
        List<ushort> depths = [];
        List<int> first = [];
        List<int> path = []; // the node of every byte of the token before
        List<int> ends = [];
        for (int index = 0; index < _tokens.Length; index++)
        {
            ReadOnlySpan<byte> token = vocabulary.TokenBytes(_tokens[index]);
            int common = index == 0 ? 0 : token.CommonPrefixLength(vocabulary.TokenBytes(_tokens[index - 1]));
            Close(path, common, ends, bytes.Count);
            for (int depth = common; depth < token.Length; depth++)
            {
                path.Add(bytes.Count);
                bytes.Add(token[depth]);
                depths.Add((ushort)(depth + 1));
                first.Add(index);
                ends.Add(0);
            }
        }

        Close(path, 0, ends, bytes.Count);
        first.Add(_tokens.Length);
        (_bytes, _depths, _ends, _firstToken) = ([.. bytes], [.. depths], [.. ends], [.. first]);
    }

    public TokenVocabulary Vocabulary { get; }

    /// <summary>The most bytes of a token.</summary>
    public int LongestToken => Vocabulary.LongestToken;

    /// <summary>Finds the tokens whose bytes all can follow.</summary>
    /// <param name="automaton">What can follow.</param>
    /// <param name="state">From where.</param>
    /// <param name="isAlive">Whether a state is one from which tokens lead to the end; a token must lead to such a state.</param>
    /// <param name="path">Room for <see cref="LongestToken"/> + 1 states.</param>
    /// <param name="tokens">Receives the tokens, in no order.</param>
    /// <returns>How many bytes were followed.</returns>
    public int Walk(ByteAutomaton automaton, int state, ReadOnlySpan<bool> isAlive, Span<int> path, List<int> tokens)
    {
        path[0] = state;
        int node = 0;
        int followed = 0;
        while (node < _bytes.Length)
        {
            followed++;
            int depth = _depths[node];
            int next = automaton.Next(path[depth - 1], _bytes[node]);
            if (next == ByteAutomaton.Dead)
            {
                node = _ends[node];
                continue;
            }

            path[depth] = next;
            if (isAlive[next])
            {
                tokens.AddRange(_tokens.AsSpan(_firstToken[node].._firstToken[node + 1]));
            }

            node++;
        }

        return followed;
    }

    private static void Close(List<int> path, int depth, List<int> ends, int end)
    {
        while (path.Count > depth)
        {
            ends[path[^1]] = end;
            path.RemoveAt(path.Count - 1);
        }
    }
}
