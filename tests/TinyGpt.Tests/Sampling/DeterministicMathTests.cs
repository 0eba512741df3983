using Xunit;

namespace TinyGpt.Tests.Sampling;

public sealed class DeterministicMathTests
{
    [Fact]
    public void The_exponential_is_that_of_the_runtime_to_a_few_units_in_the_last_place()
    {
        for (double x = -699; x < 700; x += 0.37)
        {
            double expected = Math.Exp(x);
            Assert.InRange(DeterministicMath.Exp(x), expected * (1 - 1e-15), expected * (1 + 1e-15));
        }

        Assert.Equal(1, DeterministicMath.Exp(0));
        Assert.Equal(0, DeterministicMath.Exp(-701));
        Assert.Equal(0, DeterministicMath.Exp(double.NegativeInfinity));
        Assert.True(double.IsFinite(DeterministicMath.Exp(double.PositiveInfinity)));
    }

    [Fact]
    public void The_logarithm_is_that_of_the_runtime_to_a_few_units_in_the_last_place()
    {
        for (double x = 1e-300; x < 1e300; x *= 1.37)
        {
            double expected = Math.Log(x);
            Assert.InRange(DeterministicMath.Log(x) - expected, -1e-15 * Math.Max(1, Math.Abs(expected)), 1e-15 * Math.Max(1, Math.Abs(expected)));
        }

        Assert.Equal(0, DeterministicMath.Log(1));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e-310)]
    public void A_logarithm_of_what_is_no_positive_normal_number_is_refused(double x) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => DeterministicMath.Log(x));
}
