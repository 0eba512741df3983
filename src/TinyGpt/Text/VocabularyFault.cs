namespace TinyGpt.Text;

/// <summary>The parts of a vocabulary.</summary>
internal enum VocabularyPart
{
    Counts,
    Rules,
    Tokens,
    Merges,
    AddedTokens,
    Scores,
    ByteTokens,
}

/// <summary>Why a vocabulary is refused, and which of its entries is the cause.</summary>
/// <param name="Reason">What is wrong.</param>
/// <param name="Part">Where it is wrong.</param>
/// <param name="Index">The token's id, the merge's rank, the added token's place in their list, or the byte.</param>
internal readonly record struct VocabularyFault(string Reason, VocabularyPart Part, int Index)
{
    /// <summary>What is wrong with the number of entries, or null.</summary>
    internal static VocabularyFault? OfCounts(long tokens, long merges, long addedTokens)
    {
        string? reason = tokens is < 1 or > TokenVocabulary.MostTokens ? $"{tokens} tokens; 1 to {TokenVocabulary.MostTokens} are possible"
            : merges > TokenVocabulary.MostMerges ? $"{merges} merges; at most {TokenVocabulary.MostMerges} are possible"
            : addedTokens > TokenVocabulary.MostSpecialTokens
                ? $"{addedTokens} special tokens; at most {TokenVocabulary.MostSpecialTokens} are possible"
            : null;
        return reason is null ? null : new VocabularyFault(reason, VocabularyPart.Counts, 0);
    }

    internal static VocabularyFault OfLongToken(int id, int length) => new(
        $"token {id} has {length} bytes; at most {TokenVocabulary.MostTokenBytes} are possible", VocabularyPart.Tokens, id);
}
