using System.Globalization;
using System.Text.RegularExpressions;
using TinyGpt.Kernels.Contract;
using TinyGpt.Tests;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// Every operation of every tier with all its buffers exactly sized, against unreadable pages at either end, and with read-only inputs.
/// </summary>
public sealed class GuardPageTests
{
    /// <summary>Fewer calls than a sweep makes of its rarest operation, so that one that became empty fails.</summary>
    private const int LeastCallsOfAnOperation = 900;

    private static readonly string[] Operations =
        [.. typeof(IKernels).GetMethods().Where(method => !method.IsSpecialName).Select(method => method.Name)];

    [Theory]
    [InlineData(KernelTier.Scalar)]
    [InlineData(KernelTier.Avx2)]
    [InlineData(KernelTier.AvxVnni)]
    [InlineData(KernelTier.Avx512)]
    [InlineData(KernelTier.Avx512Vnni)]
    [InlineData(KernelTier.Neon)]
    [InlineData(KernelTier.NeonDp)]
    public async Task No_operation_touches_a_byte_outside_its_buffers_or_writes_to_an_input(KernelTier tier)
    {
        Assert.SkipUnless(PageProtection.IsSupported, "Pages cannot be protected on this operating system.");
        Assert.SkipUnless(KernelTiers.IsSupported(tier), $"This processor has no {KernelTiers.Name(tier)} tier.");
        ChildOutcome outcome = await ChildProcess.RunAsync(
            nameof(GuardedCalls.All_calls_of_the_tier_in_the_environment_stay_inside_their_buffers), tier);
        Assert.False(outcome.Crashed, $"A kernel violated its buffers: {outcome}");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.StartsWith(CallRecord.Finished, outcome.LastCall, StringComparison.Ordinal);

        Counts.Tell($"Guard pages, {KernelTiers.Name(tier)}: {outcome.LastCall}");
        Assert.NotEmpty(Operations);
        foreach (string operation in Operations)
        {
            Match calls = Regex.Match(outcome.LastCall, $@"\b{operation} (\d+)");
            Assert.True(calls.Success, $"{operation} is not swept: {outcome.LastCall}");
            Assert.InRange(int.Parse(calls.Groups[1].Value, CultureInfo.InvariantCulture), LeastCallsOfAnOperation, int.MaxValue);
        }
    }
}
