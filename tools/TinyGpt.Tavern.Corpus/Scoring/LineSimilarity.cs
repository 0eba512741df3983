namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// How alike two lines are: Dice's coefficient (Dice, 1945) of their pairs of neighbouring words, 0 for none in common to 1 for the same
/// words in the same order. Case and punctuation do not count; a line's beginning and end count as words.
/// </summary>
internal static class LineSimilarity
{
    /// <summary>The similarity of two lines, 0 to 1.</summary>
    public static double Of(string one, string other) => Of(PairsOf(one), PairsOf(other));

    /// <summary>The similarity of two lines by their sorted pairs, 0 to 1.</summary>
    public static double Of(string[] one, string[] other)
    {
        int common = 0;
        int left = 0;
        int right = 0;
        while (left < one.Length && right < other.Length)
        {
            int order = string.CompareOrdinal(one[left], other[right]);
            common += order == 0 ? 1 : 0;
            left += order <= 0 ? 1 : 0;
            right += order >= 0 ? 1 : 0;
        }

        return 2.0 * common / (one.Length + other.Length);
    }

    /// <summary>A line's pairs of neighbouring words, sorted.</summary>
    public static string[] PairsOf(string line)
    {
        char[] letters = [.. line.ToLowerInvariant().Select(letter => char.IsLetterOrDigit(letter) || letter == '_' ? letter : ' ')];
        string[] words = ["<", .. new string(letters).Split(' ', StringSplitOptions.RemoveEmptyEntries), ">"];
        return [.. words.Zip(words.Skip(1), (first, second) => $"{first} {second}").Order(StringComparer.Ordinal)];
    }
}
