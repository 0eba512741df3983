using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Decoding;

/// <summary>
/// By how much each pair of a head's channels turns from one position to the next, and the cosines and sines of any position, in double
/// precision until they are stored. Immutable and thread-safe.
/// </summary>
internal sealed unsafe class RotaryAngles(RotaryPositions rotary)
{
    private readonly double[] _frequencies = Frequencies(rotary);

    /// <summary>Channels that are written for a position: those that turn, rounded up to 16.</summary>
    public int Channels { get; } = ChannelsOf(rotary);

    /// <summary>Channels that are written for a position; none without rotary positions.</summary>
    public static int ChannelsOf(RotaryPositions? rotary) => rotary is null ? 0 : PanelLayout.PaddedOutputs(rotary.Dimensions);

    /// <summary>The angle that each pair turns from one position to the next, in radians.</summary>
    public static double[] Frequencies(RotaryPositions rotary)
    {
        double[] frequencies = new double[rotary.Dimensions / 2];
        double logarithm = ElementaryFunctions.Logarithm(rotary.Base);
        for (int pair = 0; pair < frequencies.Length; pair++)
        {
            double frequency = ElementaryFunctions.Exponential(-2.0 * pair / rotary.Dimensions * logarithm);
            frequencies[pair] = rotary.Scaling is { } scaling ? Scale(frequency, scaling) : frequency;
        }

        return frequencies;
    }

    /// <summary>Writes a position's operands of <see cref="IKernels.Rotate"/>.</summary>
    /// <param name="position">The position, from 0.</param>
    /// <param name="cosines">Takes <see cref="Channels"/> floats.</param>
    /// <param name="sines">Takes as many.</param>
    public void Write(int position, float* cosines, float* sines)
    {
        int channel = 0;
        foreach (double frequency in _frequencies)
        {
            (double sine, double cosine) = ElementaryFunctions.SineAndCosine(position * frequency);
            cosines[channel] = (float)cosine;
            sines[channel++] = (float)-sine;
            cosines[channel] = (float)cosine;
            sines[channel++] = (float)sine;
        }

        for (; channel < Channels; channel++)
        {
            cosines[channel] = 1;
            sines[channel] = 0;
        }
    }

    private static double Scale(double frequency, RotaryScaling scaling)
    {
        double divided = frequency / scaling.Factor;
        if (scaling.Kind == RotaryScalingKind.Linear)
        {
            return divided;
        }

        double turns = scaling.OriginalContext * frequency / (2 * Math.PI);
        double low = scaling.LowFrequencyFactor;
        double high = scaling.HighFrequencyFactor;
        double kept = Math.Clamp((turns - low) / (high - low), 0, 1);
        return ((1 - kept) * divided) + (kept * frequency);
    }
}
