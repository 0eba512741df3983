namespace TinyGpt.Constraints.Matching;

/// <summary>What one compiled constraint finds out as it goes. It is used again for others, so that its room is allocated once.</summary>
internal sealed class MatchingMemory
{
    private const int FirstStates = 2048;

    public MatchingMemory(ConstraintVocabulary vocabulary, ConstraintOptions options)
    {
        Options = options;
        Parser = new GrammarParser(FirstStates);
        Masks = new TokenMasks(vocabulary, Parser, options.MaxTokenSets);
    }

    /// <summary>How large it may become.</summary>
    public ConstraintOptions Options { get; }

    public GrammarParser Parser { get; }

    public TokenMasks Masks { get; }
}
