using System.Text;

namespace TinyGpt.Tests.Text;

/// <summary>Small vocabularies to test with.</summary>
internal static class Vocabularies
{
    /// <summary>All bytes, some merges, two special tokens of which one begins like the other, one unused id.</summary>
    internal static TokenVocabulary Small()
    {
        List<byte[]> tokens = AllBytes();
        List<TokenMerge> merges = [];
        foreach ((string left, string right) in ((string, string)[])[("l", "l"), ("h", "e"), ("ll", "o"), ("he", "llo"), ("a", "a")])
        {
            merges.Add(new TokenMerge(Find(tokens, left), Find(tokens, right), tokens.Count));
            tokens.Add(Encoding.UTF8.GetBytes(left + right));
        }

        tokens.Add("<|endoftext|>"u8.ToArray());
        tokens.Add([]);
        tokens.Add("<|end"u8.ToArray());
        return TokenVocabulary.Create(tokens, merges.ToArray(), [tokens.Count - 3, tokens.Count - 1]);
    }

    /// <summary>A few tokens only, so that tests can damage every bit of the binary form.</summary>
    internal static TokenVocabulary Tiny() => TokenVocabulary.Create(
        ["a"u8.ToArray(), "b"u8.ToArray(), "ab"u8.ToArray(), "aba"u8.ToArray(), [], "<e>"u8.ToArray(), "<f>"u8.ToArray()],
        [new TokenMerge(0, 1, 2), new TokenMerge(2, 0, 3)],
        [5, 6]);

    /// <summary>All bytes, and random merges over the letters a to c.</summary>
    /// <param name="random">Where the choices come from.</param>
    /// <param name="count">The number of merges.</param>
    /// <param name="shuffle">Whether a merge may have a lower rank than those that make its parts.</param>
    internal static TokenVocabulary RandomMerges(Random random, int count, bool shuffle)
    {
        List<byte[]> tokens = AllBytes();
        List<TokenMerge> merges = [];
        List<int> parts = ['a', 'b', 'c'];
        HashSet<string> taken = [];
        while (merges.Count < count)
        {
            int left = parts[random.Next(parts.Count)];
            int right = parts[random.Next(parts.Count)];
            byte[] result = [.. tokens[left], .. tokens[right]];
            if (result.Length <= 24 && taken.Add(Encoding.Latin1.GetString(result)))
            {
                parts.Add(tokens.Count);
                merges.Add(new TokenMerge(left, right, tokens.Count));
                tokens.Add(result);
            }
        }

        TokenMerge[] ranked = [.. merges];
        if (shuffle)
        {
            random.Shuffle(ranked);
        }

        return TokenVocabulary.Create(tokens, ranked, []);
    }

    private static List<byte[]> AllBytes() => [.. Enumerable.Range(0, 256).Select(value => new[] { (byte)value })];

    private static int Find(List<byte[]> tokens, string text) =>
        tokens.FindIndex(token => token.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)));
}
