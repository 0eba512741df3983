namespace TinyGpt.Kernels.Tests;

/// <summary>Whether <see cref="GuardPageTests"/> could fail at all.</summary>
public sealed class GuardPageProofTests
{
    [Theory]
    [InlineData(Violation.ReadBehind, "end")]
    [InlineData(Violation.ReadBefore, "start")]
    [InlineData(Violation.WriteSealed, "end")]
    [InlineData(Violation.CountTooLarge, "end")]
    public async Task A_violation_ends_the_process_and_is_put_down_to_its_call(Violation violation, string edge)
    {
        SkipUnlessSupported();
        ChildOutcome outcome = await ChildProcess.RunAsync(
            nameof(GuardedCalls.The_violation_in_the_environment_ends_the_process), KernelTier.Scalar, violation);
        Assert.True(outcome.Crashed, outcome.ToString());
        Assert.Equal(
            $"{violation}, length {DeliberateViolation.Length}, guarded {edge}, on purpose, tier scalar", outcome.LastCall);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void A_write_on_the_side_without_a_guard_is_noticed(bool isBefore)
    {
        SkipUnlessSupported();
        using GuardedBuffer<float> buffer = new(DeliberateViolation.Length, isBefore ? GuardedEdge.End : GuardedEdge.Start);
        buffer.Span.Clear();
        Assert.True(buffer.IsIntact);
        buffer.Pointer[isBefore ? -1 : buffer.Length] = 1f;
        Assert.False(buffer.IsIntact);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public unsafe void A_buffer_lies_at_the_end_that_it_was_asked_for(int gap)
    {
        SkipUnlessSupported();
        nint page = Environment.SystemPageSize;
        using GuardedBuffer<float> first = new(DeliberateViolation.Length, GuardedEdge.Start, gap);
        using GuardedBuffer<float> last = new(DeliberateViolation.Length, GuardedEdge.End, gap);
        Assert.Equal(gap, (nint)first.Pointer % page);
        Assert.Equal(0, ((nint)(last.Pointer + last.Length) + gap) % page);
    }

    private static void SkipUnlessSupported() =>
        Assert.SkipUnless(PageProtection.IsSupported, "Pages cannot be protected on this operating system.");
}
