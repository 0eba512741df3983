namespace TinyGpt.Constraints.Vocabularies;

/// <summary>
/// The texts of tokens as a tree of bytes in one array, every node before its children: a walk is a loop, and a subtree is left out by a
/// jump. Immutable and thread-safe.
/// </summary>
internal sealed class TokenTrie
{
    /// <summary>In place of a node: the root, which comes before the first.</summary>
    public const int Root = -1;

    /// <summary>In place of a token: none ends at the node.</summary>
    public const int NoToken = (1 << TokenBits) - 1;

    /// <summary>The most bytes of a token.</summary>
    public const int MaxDepth = (1 << DepthBits) - 1;

    private const int ByteBits = 8;
    private const int DepthBits = 12;
    private const int TokenBits = 20;
    private const int DepthShift = ByteBits;
    private const int TokenShift = DepthShift + DepthBits;
    private const int EndShift = TokenShift + TokenBits;

    private readonly ulong[] _nodes;
    private readonly int[] _rootChildren = new int[256];

    /// <summary>Makes the tree.</summary>
    /// <param name="texts">The tokens' bytes.</param>
    /// <param name="ids">The tokens, in the order of their bytes, of equals the lowest id alone.</param>
    public TokenTrie(byte[][] texts, ReadOnlySpan<int> ids)
    {
        List<ulong> nodes = [];
        List<int> path = [];
        byte[] before = [];
        foreach (int id in ids)
        {
            byte[] text = texts[id];
            int common = text.AsSpan().CommonPrefixLength(before);
            Close(nodes, path, common);
            for (int depth = common; depth < text.Length; depth++)
            {
                ulong token = depth == text.Length - 1 ? (ulong)id : NoToken;
                path.Add(nodes.Count);
                nodes.Add(text[depth] | ((ulong)(depth + 1) << DepthShift) | (token << TokenShift));
            }

            before = text;
        }

        Close(nodes, path, 0);
        _nodes = [.. nodes];
        _rootChildren.AsSpan().Fill(_nodes.Length);
        for (int node = 0; node < _nodes.Length; node = End(node))
        {
            _rootChildren[Byte(node)] = node;
        }

    }

    /// <summary>How many nodes there are.</summary>
    public int Count => _nodes.Length;

    /// <summary>Bytes that it holds.</summary>
    public long Bytes => _nodes.Length * (long)sizeof(ulong);

    /// <summary>The nodes as they are packed.</summary>
    public ReadOnlySpan<ulong> Nodes => _nodes;

    public static byte ByteOf(ulong node) => (byte)node;

    /// <summary>The bytes from the root to the node, 1 or more.</summary>
    public static int DepthOf(ulong node) => (int)(node >> DepthShift) & MaxDepth;

    /// <summary>The token that ends at the node, or <see cref="NoToken"/>.</summary>
    public static int TokenOf(ulong node) => (int)(node >> TokenShift) & NoToken;

    /// <summary>The node after the subtree.</summary>
    public static int EndOf(ulong node) => (int)(node >> EndShift);

    public byte Byte(int node) => ByteOf(_nodes[node]);

    /// <summary>The node after a subtree.</summary>
    public int End(int node) => node == Root ? _nodes.Length : EndOf(_nodes[node]);

    public bool HasChildren(int node) => End(node) > node + 1;

    public int Depth(int node) => node == Root ? 0 : DepthOf(_nodes[node]);

    public int Token(int node) => TokenOf(_nodes[node]);

    /// <summary>The child of a node for a byte, or -1.</summary>
    public int Child(int node, byte value)
    {
        if (node == Root)
        {
            int child = _rootChildren[value];
            return child == _nodes.Length ? -1 : child;
        }

        int end = End(node);
        for (int child = node + 1; child < end; child = End(child))
        {
            byte found = Byte(child);
            if (found >= value)
            {
                return found == value ? child : -1;
            }
        }

        return -1;
    }

    private static void Close(List<ulong> nodes, List<int> path, int depth)
    {
        for (int i = path.Count - 1; i >= depth; i--)
        {
            nodes[path[i]] |= (ulong)nodes.Count << EndShift;
        }

        path.RemoveRange(depth, path.Count - depth);
    }
}
