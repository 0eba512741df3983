namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// How alike two lines are: Dice's coefficient (Dice, 1945) of their pairs of neighbouring words, 0 for none in common to 1 for the same
/// words in the same order. Case and punctuation do not count; a line's beginning and end count as words.
/// </summary>
internal static class LineSimilarity
{
    /// <summary>The similarity of two lines, 0 to 1.</summary>
    public static double Of(string one, string other) => Of(PairsOf(one), PairsOf(other));

    /// <summary>The similarity of two lines by their pairs, 0 to 1.</summary>
    public static double Of(IReadOnlyList<string> one, IReadOnlyList<string> other)
    {
        List<string> left = [.. other];
        int common = one.Count(left.Remove);
        return 2.0 * common / (one.Count + other.Count);
    }

    /// <summary>A line's pairs of neighbouring words.</summary>
    public static IReadOnlyList<string> PairsOf(string line)
    {
        char[] letters = [.. line.ToLowerInvariant().Select(letter => char.IsLetterOrDigit(letter) || letter == '_' ? letter : ' ')];
        string[] words = ["<", .. new string(letters).Split(' ', StringSplitOptions.RemoveEmptyEntries), ">"];
        return [.. words.Zip(words.Skip(1), (first, second) => $"{first} {second}")];
    }
}
