using TinyGpt.Decoding;
using Xunit;

namespace TinyGpt.Tests.Model;

/// <summary>Frequencies and angles against the system's own double precision.</summary>
public sealed unsafe class RotaryAnglesTests
{
    [Theory]
    [InlineData(10_000, 64)]
    [InlineData(500_000, 64)]
    [InlineData(1_000_000, 128)]
    [InlineData(10_000, 2)]
    public void Frequencies_are_powers_of_the_base(float rotaryBase, int dimensions)
    {
        double[] frequencies = RotaryAngles.Frequencies(new RotaryPositions(rotaryBase, dimensions));
        Assert.Equal(dimensions / 2, frequencies.Length);
        Assert.Equal(1, frequencies[0]);
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            Assert.InRange(frequencies[pair] * Math.Pow(rotaryBase, 2.0 * pair / dimensions), 1 - 1e-14, 1 + 1e-14);
        }
    }

    [Fact]
    public void Llama_3_divides_low_frequencies_keeps_high_ones_and_goes_over_between_them()
    {
        RotaryPositions plain = new(500_000, 64);
        RotaryScaling scaling = new(RotaryScalingKind.Llama3, 32) { LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalContext = 8192 };
        double[] before = RotaryAngles.Frequencies(plain);
        double[] after = RotaryAngles.Frequencies(plain with { Scaling = scaling });
        int between = 0;
        for (int pair = 0; pair < before.Length; pair++)
        {
            double turns = 8192 * before[pair] / (2 * Math.PI);
            double share = turns < 1 ? 0 : turns > 4 ? 1 : (turns - 1) / 3;
            between += share is > 0 and < 1 ? 1 : 0;
            Assert.Equal(((1 - share) * before[pair] / 32) + (share * before[pair]), after[pair], 1e-15);
        }

        Assert.InRange(between, 1, before.Length / 2);
        double[] linear = RotaryAngles.Frequencies(plain with { Scaling = new RotaryScaling(RotaryScalingKind.Linear, 4) });
        Assert.Equal(before.Select(frequency => frequency / 4), linear);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(8191)]
    [InlineData(131071)]
    [InlineData(ModelConfig.LargestContext - 1)]
    public void Cosines_and_sines_are_exact_to_six_places_at_any_position(int position)
    {
        RotaryPositions rotary = new(500_000, 40);
        RotaryAngles angles = new(rotary);
        Assert.Equal(48, angles.Channels);
        float* cosines = stackalloc float[48];
        float* sines = stackalloc float[48];
        angles.Write(position, cosines, sines);
        for (int channel = 0; channel < 48; channel++)
        {
            double angle = channel < 40 ? position * Math.Pow(500_000, -2.0 * (channel / 2) / 40) : 0;
            double sine = channel % 2 == 0 ? -Math.Sin(angle) : Math.Sin(angle);
            Assert.InRange(Math.Abs(cosines[channel] - Math.Cos(angle)), 0, 1e-6 * Math.Max(1e-1, Math.Abs(Math.Cos(angle))));
            Assert.InRange(Math.Abs(sines[channel] - sine), 0, 1e-6 * Math.Max(1e-1, Math.Abs(sine)));
        }
    }
}
