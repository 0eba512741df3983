using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class FreshAnswerTests
{
    private const int VocabularySize = 70; // a whole word of bits and a part of one

    [Theory]
    [InlineData(new int[0], new[] { 6 })] // an answer of one token
    [InlineData(new[] { 5 }, new[] { 8 })] // an answer of two
    [InlineData(new[] { 5, 7 }, new[] { 1, 2 })]
    [InlineData(new[] { 5, 69 }, new[] { 69 })]
    [InlineData(new[] { 9 }, new int[0])]
    [InlineData(new[] { 5, 7, 9 }, new int[0])] // behind the opening everything is free again
    public void What_would_complete_an_earlier_opening_is_forbidden_and_nothing_else(int[] answer, int[] forbidden)
    {
        FreshAnswer constraint = new(VocabularySize, [new[] { 5, 7, 1, 4 }, new[] { 5, 8 }, new[] { 5, 8, 3 }, new[] { 5, 7, 2 }, new[] { 5, 69, 69 }, new[] { 6 }, ReadOnlyMemory<int>.Empty]);
        int state = constraint.Start;
        foreach (int token in answer)
        {
            state = constraint.Advance(state, token);
            Assert.True(constraint.IsState(state));
        }

        ulong[] allowed = new ulong[2];
        constraint.Allow(state, allowed);
        Assert.Equal(forbidden, Enumerable.Range(0, VocabularySize).Where(token => (allowed[token / 64] >> (token % 64) & 1) == 0));
        Assert.False(constraint.IsComplete(state));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(5)]
    public void Other_numbers_are_no_states(int state) =>
        Assert.False(new FreshAnswer(VocabularySize, [new[] { 5, 7, 6 }]).IsState(state));
}
