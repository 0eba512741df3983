using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Names, support and selection of tiers.</summary>
public sealed class KernelTiersTests
{
    [Fact]
    public void Every_tier_has_a_name_that_leads_back_to_it()
    {
        Assert.Equal(["scalar", "avx2", "avxvnni", "avx512", "avx512vnni", "neon", "neondp"], KernelTiers.All.Select(KernelTiers.Name));
        foreach (KernelTier tier in KernelTiers.All)
        {
            Assert.True(KernelTiers.TryParse(KernelTiers.Name(tier).ToUpperInvariant(), out KernelTier parsed));
            Assert.Equal(tier, parsed);
        }

        Assert.False(KernelTiers.TryParse("sse2", out _));
        Assert.False(KernelTiers.TryParse(null, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => KernelTiers.Name((KernelTier)99));
    }

    [Fact]
    public void The_scalar_tier_runs_here_because_its_multiply_add_rounds_once()
    {
        Assert.True(ScalarKernels.FusedMultiplyAddIsExact());
        Assert.True(KernelTiers.IsSupported(KernelTier.Scalar));
        Assert.Equal(KernelTier.Scalar, KernelTiers.Select(KernelTier.Scalar));
    }

    [Fact]
    public void A_forced_tier_wins_over_the_environment()
    {
        Assert.Equal(KernelTier.Scalar, KernelTiers.Select(KernelTier.Scalar, "no such tier"));
        Assert.Equal(KernelTier.Scalar, KernelTiers.Select(null, " Scalar "));
    }

    [Fact]
    public void A_tier_that_the_processor_lacks_is_refused_by_name_with_the_tiers_that_it_has()
    {
        KernelTier[] missing = [.. KernelTiers.All.Where(tier => !KernelTiers.IsSupported(tier))];
        Assert.NotEmpty(missing); // no processor is both x86 and ARM
        foreach (KernelTier tier in missing)
        {
            KernelTierException exception = Assert.Throws<KernelTierException>(() => KernelTiers.Select(tier));
            Assert.Contains($"'{KernelTiers.Name(tier)}'", exception.Message, StringComparison.Ordinal);
            Assert.Contains("lacks", exception.Message, StringComparison.Ordinal);
            Assert.Contains("scalar", exception.Message, StringComparison.Ordinal);
            Assert.Throws<KernelTierException>(() => KernelTiers.Select(null, KernelTiers.Name(tier)));
        }
    }

#if !NET11_0_OR_GREATER
    [Fact]
    public void The_build_for_net10_knows_the_tier_of_net11_by_name_and_says_what_it_takes()
    {
        KernelTierException exception = Assert.Throws<KernelTierException>(() => KernelTiers.Select(null, "avx512vnni"));
        Assert.Contains(".NET 11", exception.Message, StringComparison.Ordinal);
        Assert.Contains("build for .NET 10", exception.Message, StringComparison.Ordinal);
    }

#endif
    [Fact]
    public void An_unknown_name_in_the_environment_is_refused_with_the_known_names()
    {
        KernelTierException exception = Assert.Throws<KernelTierException>(() => KernelTiers.Select(null, "mmx"));
        Assert.Contains("'mmx'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("avxvnni", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_tier_that_the_environment_expects_to_be_hidden_is_not_supported()
    {
        string? hidden = Environment.GetEnvironmentVariable("TINYGPT_EXPECT_MISSING");
        Assert.SkipWhen(string.IsNullOrEmpty(hidden), "TINYGPT_EXPECT_MISSING is not set.");
        Assert.True(KernelTiers.TryParse(hidden, out KernelTier tier));
        Assert.False(KernelTiers.IsSupported(tier));
        Assert.Throws<KernelTierException>(() => KernelTiers.Select(tier));
    }

    [Fact]
    public void The_best_tier_is_the_one_that_the_caller_of_the_tests_expects()
    {
        string? expected = Environment.GetEnvironmentVariable("TINYGPT_EXPECT_TIER");
        Assert.SkipWhen(string.IsNullOrEmpty(expected), "TINYGPT_EXPECT_TIER is not set.");
        if (expected == "none")
        {
            KernelTierException exception = Assert.Throws<KernelTierException>(() => KernelTiers.Select(null, null));
            Assert.Contains("FMA3", exception.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, KernelTiers.Name(KernelTiers.Best));
        }
    }
}
