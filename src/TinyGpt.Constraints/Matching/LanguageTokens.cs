using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Matching;

/// <summary>
/// The tokens within the rest of a terminal, whatever comes after it, and the nodes of the token trie at which the terminal
/// can end while tokens continue. They are the same for all stacks.
/// </summary>
internal sealed class LanguageTokens(int words)
{
    private GrowingArray<int> _exits = new(64);

    /// <summary>The language.</summary>
    public int Language { get; private set; } = -1;

    /// <summary>The tokens, as bits.</summary>
    public ulong[] Bits { get; } = new ulong[words];

    /// <summary>Which tree the nodes are of; see <see cref="TokenMasks"/>.</summary>
    public int Tree { get; private set; }

    /// <summary>The longest of the shortest ways from after one of the tokens to the terminal's end, in bytes.</summary>
    public int MaxDistance { get; set; }

    /// <summary>The nodes where the terminal can end.</summary>
    public ReadOnlySpan<int> Exits => _exits.Span;

    /// <summary>Takes the place of another language's.</summary>
    public void Begin(int language, int tree)
    {
        Language = language;
        Tree = tree;
        MaxDistance = 0;
        _exits.Truncate(0);
        Bits.AsSpan().Clear();
    }

    /// <summary>Forgets the language.</summary>
    public void Clear() => Language = -1;

    /// <summary>Adds a node where the terminal can end.</summary>
    public void AddExit(int node) => _exits.Add(node);
}
