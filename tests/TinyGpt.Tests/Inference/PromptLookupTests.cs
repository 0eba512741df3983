using TinyGpt.Inference;
using Xunit;

namespace TinyGpt.Tests.Inference;

public sealed class PromptLookupTests
{
    [Theory]
    [InlineData(new int[0], new int[0])]
    [InlineData(new[] { 1 }, new int[0])]
    [InlineData(new[] { 1, 2 }, new int[0])]
    [InlineData(new[] { 1, 2, 3, 4, 5 }, new int[0])]
    [InlineData(new[] { 1, 2, 9, 2, 8, 2 }, new int[0])] // one equal token is no match
    [InlineData(new[] { 1, 2, 3, 4, 1, 2 }, new[] { 3, 4 })]
    [InlineData(new[] { 1, 2, 3, 1, 2, 5, 1, 2 }, new[] { 5, 1 })] // the latest of equally long matches
    [InlineData(new[] { 7, 1, 2, 3, 8, 1, 2, 5, 7, 1, 2 }, new[] { 3, 8, 1 })] // a longer match before a later one
    [InlineData(new[] { 1, 1, 1 }, new[] { 1, 1 })] // matches may overlap
    [InlineData(new[] { 4, 5, 6, 4, 5, 6 }, new[] { 4, 5, 6 })]
    [InlineData(new[] { 4, 5, 4, 5, 4, 5, 4, 5 }, new[] { 4, 5, 4, 5 })] // and repetitions go on
    public void A_guess_is_what_followed_the_longest_and_latest_match(int[] tokens, int[] expected)
    {
        int[] guesses = new int[4];
        int count = PromptLookup.Guess(tokens, guesses);
        Assert.Equal(expected, guesses[..count]);
    }

    [Fact]
    public void Guesses_equal_those_of_a_plain_search()
    {
        int[] tokens = TestModels.Tokens(TestModels.Even with { VocabularySize = 5 }, 400);
        int[] guesses = new int[16];
        for (int length = 0; length <= tokens.Length; length++)
        {
            int[] sequence = tokens[..length];
            int count = PromptLookup.Guess(sequence, guesses);
            Assert.Equal(PlainGuess(sequence), guesses[..count]);
        }
    }

    private static int[] PlainGuess(int[] tokens)
    {
        for (int match = 16; match >= 2; match--)
        {
            for (int next = tokens.Length - 1; next >= match; next--)
            {
                if (tokens.AsSpan(next - match, match).SequenceEqual(tokens.AsSpan(tokens.Length - match)))
                {
                    int period = tokens.Length - next;
                    return [.. Enumerable.Range(0, match).Select(i => tokens[next + (i % period)])];
                }
            }
        }

        return [];
    }
}
