namespace TinyGpt;

/// <summary>
/// Guesses how a sequence goes on by looking up how it went on before (Saxena, 2023, "Prompt Lookup Decoding"): names, phrases and lines
/// of a persona come again word by word. A guess costs a row of a pass and never changes what is generated, only how soon.
/// </summary>
internal static class PromptLookup
{
    private const int ShortestMatch = 2;
    private const int LongestMatch = 8;

    /// <summary>
    /// Finds the earlier place whose last tokens are the most that equal the sequence's last tokens, the latest of equals, and takes what
    /// followed it; where that reaches the sequence's end, it goes on with the guesses themselves, as a repetition would.
    /// </summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="guesses">Receives the guesses.</param>
    /// <returns>How many there are: all, or 0 if the last two tokens were never there before.</returns>
    public static int Guess(ReadOnlySpan<int> tokens, Span<int> guesses)
    {
        int next = FindContinuation(tokens);
        if (next == 0)
        {
            return 0;
        }

        for (int i = 0; i < guesses.Length; i++, next++)
        {
            guesses[i] = next < tokens.Length ? tokens[next] : guesses[next - tokens.Length];
        }

        return guesses.Length;
    }

    /// <summary>The position behind the best match, or 0 for none.</summary>
    private static int FindContinuation(ReadOnlySpan<int> tokens)
    {
        if (tokens.Length <= ShortestMatch)
        {
            return 0;
        }

        ReadOnlySpan<int> pair = tokens[^ShortestMatch..];
        ReadOnlySpan<int> before = tokens[..^1];
        int best = 0;
        int longest = ShortestMatch - 1;
        while (longest < LongestMatch)
        {
            int end = before.LastIndexOf(pair) + ShortestMatch;
            if (end < ShortestMatch)
            {
                break;
            }

            int length = CommonEnd(tokens, end);
            if (length > longest)
            {
                longest = length;
                best = end;
            }

            before = before[..(end - 1)];
        }

        return best;
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
