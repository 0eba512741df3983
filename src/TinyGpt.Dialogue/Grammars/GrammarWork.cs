namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// The work that compiling may still take, counted in steps of some nanoseconds: nodes that are looked at while states are found, and bytes of the
/// vocabulary that are followed from them. Not thread-safe.
/// </summary>
/// <param name="grammars">What so many grammars may take together.</param>
/// <param name="whole">What this is a part of, such as the work that all grammars of a save may take; or null.</param>
internal sealed class GrammarWork(int grammars = 1, GrammarWork? whole = null)
{
    // A text of a thousand characters for 50,000 tokens, the largest that the documentation promises, takes 160 million bytes.
    private const long MostBytes = 1L << 28;

    // What ambiguous repetitions need grows with the square of their length; lists of thousands of words take a tenth of this.
    private const long MostNodes = 1L << 20;

    private long _nodes = MostNodes * grammars;
    private long _bytes = MostBytes * grammars;

    /// <exception cref="GrammarException">That is more than there may be.</exception>
    public void VisitNodes(int count)
    {
        whole?.VisitNodes(count);
        _nodes -= count;
        if (_nodes < 0)
        {
            throw new GrammarException(
                "The grammar can be read in too many ways at once: write its repetitions so that the next text says which part it belongs to.");
        }
    }

    /// <exception cref="GrammarException">That is more than there may be.</exception>
    public void FollowBytes(int count)
    {
        whole?.FollowBytes(count);
        _bytes -= count;
        if (_bytes < 0)
        {
            throw new GrammarException("The grammar takes too long to compile for so large a vocabulary: shorten its texts and repetitions.");
        }
    }
}
