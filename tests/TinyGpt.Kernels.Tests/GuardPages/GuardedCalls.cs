namespace TinyGpt.Kernels.Tests;

/// <summary>
/// What runs in a child process, because a violation ends it. Explicit, so that it runs only when asked for; <see cref="GuardPageTests"/>
/// and <see cref="GuardPageProofTests"/> ask.
/// </summary>
public sealed class GuardedCalls
{
    [Fact(Explicit = true)]
    public void All_calls_of_the_tier_in_the_environment_stay_inside_their_buffers()
    {
        using CallRecord record = ChildProcess.OpenRecord(out KernelTier tier);
        TierSweep.Run(tier, record);
        record.Finish();
    }

    [Fact(Explicit = true)]
    public void The_violation_in_the_environment_ends_the_process()
    {
        using CallRecord record = ChildProcess.OpenRecord(out _);
        DeliberateViolation.Commit(ChildProcess.Violation, record);
        record.Finish();
    }
}
