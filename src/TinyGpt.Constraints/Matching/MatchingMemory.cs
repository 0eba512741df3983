namespace TinyGpt.Constraints.Matching;

/// <summary>What one compiled constraint finds out as it goes. It is used again for others, so that its room is allocated once.</summary>
internal sealed class MatchingMemory
{
    private const int FirstStates = 2048;
    private const long FirstBytes = 1 << 20;
    private const long BytesPerState = 256;

    public MatchingMemory(ConstraintVocabulary vocabulary, ConstraintOptions options)
    {
        Options = options;
        Parser = new GrammarParser(FirstStates);
        Masks = new TokenMasks(vocabulary, Parser, options.MaxTokenSets);
    }

    /// <summary>Bytes that are held.</summary>
    public long Bytes => Parser.Memory.Reserved + Masks.Bytes;

    /// <summary>The most bytes that the parser uses beside its grammar before it forgets its states.</summary>
    public long MaxParserBytes => Options.MaxStates * BytesPerState;

    /// <summary>
    /// The most bytes that are held beside the grammar, for a plan. Tables double when they grow, and what is found out at once can
    /// be half as much again as the limit at which it is forgotten.
    /// </summary>
    public static long MaxBytes(ConstraintVocabulary vocabulary, ConstraintOptions options) =>
        FirstBytes + (3 * options.MaxStates * BytesPerState) + TokenMasks.MaxBytes(vocabulary, options.MaxTokenSets);

    /// <summary>How large it may become.</summary>
    public ConstraintOptions Options { get; }

    public GrammarParser Parser { get; }

    public TokenMasks Masks { get; }
}
