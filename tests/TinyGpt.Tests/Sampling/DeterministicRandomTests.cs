using TinyGpt.Sampling;
using Xunit;

namespace TinyGpt.Tests.Sampling;

public sealed class DeterministicRandomTests
{
    [Fact]
    public void Numbers_are_those_of_the_published_generator()
    {
        // The first outputs of SplitMix64 for seed 1234567, as published with the generator.
        DeterministicRandom random = new(1234567);
        Assert.Equal(
            [6457827717110365317UL, 3203168211198807973UL, 9817491932198370423UL, 4593380528125082431UL, 16408922859458223821UL],
            Enumerable.Range(0, 5).Select(_ => random.NextUInt64()));
    }

    [Fact]
    public void Doubles_lie_in_the_unit_interval_and_are_even()
    {
        DeterministicRandom random = new(42);
        int[] buckets = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            double value = random.NextDouble();
            Assert.InRange(value, 0, 0.99999999999999989);
            buckets[(int)(value * 10)]++;
        }

        Assert.All(buckets, count => Assert.InRange(count, 9_600, 10_400));
    }
}
