namespace TinyGpt.Constraints.Matching;

/// <summary>
/// The tokens within the rest of a terminal, whatever comes after it, and the nodes of the token trie at which the terminal
/// can end while tokens continue. They are the same for all stacks.
/// </summary>
internal sealed class LanguageTokens(int words)
{
    /// <summary>The language.</summary>
    public int Language { get; private set; } = -1;

    /// <summary>The tokens, as bits.</summary>
    public ulong[] Bits { get; } = new ulong[words];

    /// <summary>Which tree the nodes are of; see <see cref="TokenMasks"/>.</summary>
    public int Tree { get; private set; }

    /// <summary>The longest of the shortest ways from after one of the tokens to the terminal's end, in bytes.</summary>
    public int MaxDistance { get; set; }

    /// <summary>Where the nodes at which the terminal can end begin in the list that all languages share.</summary>
    public int FirstExit { get; private set; }

    /// <summary>How many such nodes there are.</summary>
    public int ExitCount { get; set; }

    /// <summary>Takes the place of another language's.</summary>
    public void Begin(int language, int tree, int firstExit)
    {
        Language = language;
        Tree = tree;
        MaxDistance = 0;
        FirstExit = firstExit;
        ExitCount = 0;
        Bits.AsSpan().Clear();
    }

    /// <summary>Forgets the language.</summary>
    public void Clear() => Language = -1;
}
