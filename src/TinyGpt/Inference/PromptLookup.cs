namespace TinyGpt.Inference;

/// <summary>
/// Prompt lookup (Saxena, 2023, "Prompt Lookup Decoding") drafts the tokens that followed the same tokens earlier in the sequence. Names, phrases
/// and lines of a persona repeat word by word. A draft token costs one token of a forward pass. It never changes what is generated, only how soon.
/// </summary>
internal static class PromptLookup
{
    private const int ShortestMatch = 2;
    private const int LongestMatch = SessionOptions.MostLookupTokens;

    /// <summary>
    /// Finds the earlier place whose last tokens are the most that equal the sequence's last tokens, the latest of equals, and takes what
    /// followed it. If that reaches the sequence's end, it continues with the draft tokens themselves, as a repetition would. A match gives
    /// at most as many draft tokens as it has tokens, because after a pair of common words hardly more than one is right.
    /// </summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="guesses">Receives the draft tokens.</param>
    /// <returns>How many there are; 0 if the last two tokens were never there before.</returns>
    public static int Guess(ReadOnlySpan<int> tokens, Span<int> guesses)
    {
        int matched = FindMatch(tokens, out int next);
        int count = Math.Min(matched, guesses.Length);
        for (int i = 0; i < count; i++, next++)
        {
            guesses[i] = next < tokens.Length ? tokens[next] : guesses[next - tokens.Length];
        }

        return count;
    }

    /// <summary>Looks for pairs equal to the last one, from the end, and sees how far back they go on to be equal.</summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="next">The position after the best match.</param>
    /// <returns>How many tokens match, up to the most that count; 0 for none.</returns>
    private static int FindMatch(ReadOnlySpan<int> tokens, out int next)
    {
        next = 0;
        int longest = 0;
        if (tokens.Length <= ShortestMatch)
        {
            return longest;
        }

        ReadOnlySpan<int> pair = tokens[^ShortestMatch..];
        ReadOnlySpan<int> before = tokens[..^1];
        while (longest < LongestMatch)
        {
            int end = before.LastIndexOf(pair) + ShortestMatch;
            if (end < ShortestMatch || end <= longest)
            {
                break;
            }

            // Only a longer match counts, so the token that would make it longer is compared first.
            if (tokens[end - 1 - longest] == tokens[tokens.Length - 1 - longest])
            {
                int length = CommonEnd(tokens, end);
                if (length > longest)
                {
                    longest = length;
                    next = end;
                }
            }

            before = before[..(end - 1)];
        }

        return longest;
    }

    /// <summary>How many tokens before <paramref name="end"/> equal those before the sequence's end, up to the most that count.</summary>
    private static int CommonEnd(ReadOnlySpan<int> tokens, int end)
    {
        int most = Math.Min(end, LongestMatch);
        int length = ShortestMatch;
        while (length < most && tokens[end - 1 - length] == tokens[tokens.Length - 1 - length])
        {
            length++;
        }

        return length;
    }
}
