using Xunit;

namespace TinyGpt.Tavern.Tests;

public sealed class FreshAnswerTests
{
    private const int VocabularySize = 70; // a whole word of bits and a part of one

    [Fact]
    public void An_answer_may_not_begin_as_an_earlier_one_and_is_free_behind()
    {
        FreshAnswer constraint = new(VocabularySize, [new[] { 5, 7 }, new[] { 69 }, new[] { 5, 8 }, ReadOnlyMemory<int>.Empty]);
        Assert.Equal([5, 69], Forbidden(constraint, constraint.Start));
        int behind = constraint.Advance(constraint.Start, 9);
        Assert.Empty(Forbidden(constraint, behind));
        Assert.Empty(Forbidden(constraint, constraint.Advance(behind, 5)));
        Assert.False(constraint.IsComplete(constraint.Start) || constraint.IsComplete(behind));
        Assert.True(constraint.IsState(constraint.Start) && constraint.IsState(behind));
        Assert.False(constraint.IsState(-1) || constraint.IsState(2));
    }

    private static IEnumerable<int> Forbidden(FreshAnswer constraint, int state)
    {
        ulong[] allowed = new ulong[2];
        constraint.Allow(state, allowed);
        return Enumerable.Range(0, VocabularySize).Where(token => (allowed[token / 64] >> (token % 64) & 1) == 0);
    }
}
