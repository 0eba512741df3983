using System.Text;

namespace TinyGpt.Dialogue.Grammars;

/// <summary>
/// How large a grammar is when it is written out, a part as often as it is used: worked out from its parts' sizes when it is made, so that a
/// few lines that stand for 2⁶² parts are refused before anybody walks them.
/// </summary>
/// <param name="Parts">The grammar and all that is within it; what is within a <see cref="Grammar.Repeat"/> counts once.</param>
/// <param name="Nodes">About how many nodes its graph of bytes has, one at least for each time that a part is walked.</param>
/// <param name="Depth">Grammars within each other.</param>
internal readonly record struct GrammarSize(long Parts, long Nodes, int Depth)
{
    /// <summary>The most parts: what <see cref="Saves.GrammarForm"/> reads of one grammar.</summary>
    public const int MostParts = 1 << 16;

    // Sums and products of two numbers up to this do not overflow.
    private const long Largest = 1L << 40;

    /// <summary>A grammar without parts, and the node behind it.</summary>
    public static GrammarSize One { get; } = new(1, 1, 1);

    /// <summary>A text as it stands.</summary>
    public static GrammarSize OfText(string text) => One.Plus(Encoding.UTF8.GetByteCount(text));

    /// <summary>This grammar with another within it.</summary>
    public GrammarSize With(GrammarSize part) =>
        new(Math.Min(Largest, Parts + part.Parts), Math.Min(Largest, Nodes + part.Nodes), Math.Max(Depth, part.Depth + 1));

    public GrammarSize Plus(long nodes) => this with { Nodes = Math.Min(Largest, Nodes + nodes) };

    /// <summary>The nodes of so many copies, 1 … <see cref="Grammar.MostRepetitions"/>.</summary>
    public GrammarSize Times(int copies) => this with { Nodes = Math.Min(Largest, Nodes * copies) };

    /// <exception cref="GrammarException">There are too many parts or nodes, or they are too deep within each other.</exception>
    public void Check()
    {
        if (Depth > GrammarTranslation.MostNesting)
        {
            throw new GrammarException($"The grammar is nested more than {GrammarTranslation.MostNesting} deep.");
        }

        if (Parts > MostParts)
        {
            throw new GrammarException($"The grammar has more than {MostParts} parts, each counted as often as it is used: use fewer.");
        }

        if (Nodes > ByteGraph.MostNodes)
        {
            throw new GrammarException($"The grammar needs more than {ByteGraph.MostNodes} nodes: shorten its texts and repetitions.");
        }
    }
}
