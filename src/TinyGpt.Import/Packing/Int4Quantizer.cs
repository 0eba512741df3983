using System.Runtime.Intrinsics;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Import.Packing;

/// <summary>
/// Quantizes groups of 64 weights of a row to 4 bits. With so few steps the largest magnitude makes a poor scale: a smaller one cuts it off
/// and is finer for all the others. So the scale is searched that has the least squared error, of both signs, because -8 … 7 reaches
/// further on one side. Nothing in it depends on the machine's vectors: the same weights become the same bytes everywhere.
/// </summary>
internal static unsafe class Int4Quantizer
{
    private const int Smallest = -PanelLayout.Int4Offset;
    private const int Largest = PanelLayout.MaxInt4 - PanelLayout.Int4Offset;

    // What the largest magnitude may become, in steps of the scale: from cut off by a quarter to not reaching the last step.
    private const float FirstDivisor = 6;
    private const float LastDivisor = 9;
    private const float DivisorStep = 0.25f;

    /// <summary>Writes a row's group.</summary>
    /// <param name="weights">The 64 weights, finite.</param>
    /// <param name="group">The packed group, of which the lane's bytes and its scale are written.</param>
    /// <param name="lane">The row's lane.</param>
    public static QuantizationError Quantize(ReadOnlySpan<float> weights, byte* group, int lane)
    {
        float scale = FindScale(weights);
        ((float*)(group + PanelLayout.Int4GroupWeightBytes))[lane] = scale;
        double squaredError = 0;
        double squaredNorm = 0;
        double largestError = 0;
        byte* lanes = group + (lane * PanelLayout.InputsPerKBlock);
        const int Half = PanelLayout.InputsPerGroup / 2;
        for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
        {
            // A scale of 0 means a group of zeros.
            int quantized = scale == 0 ? 0 : Round(weights[i] / scale);
            byte stored = (byte)(quantized + PanelLayout.Int4Offset);
            int input = i % Half;
            byte* pair = lanes + (input / PanelLayout.InputsPerKBlock * PanelLayout.KBlockBytes) + (input % PanelLayout.InputsPerKBlock);
            *pair = i < Half ? stored : (byte)(*pair | (stored << 4));
            double difference = ((double)quantized * scale) - weights[i];
            squaredError += difference * difference;
            squaredNorm += (double)weights[i] * weights[i];
            largestError = Math.Max(largestError, Math.Abs(difference));
        }

        return new QuantizationError(squaredError, squaredNorm, largestError);
    }

    private static int Round(float quotient) => (int)Math.Clamp(MathF.Round(quotient), Smallest, Largest);

    private static float FindScale(ReadOnlySpan<float> weights)
    {
        float largest = 0;
        foreach (float weight in weights)
        {
            largest = MathF.Max(largest, MathF.Abs(weight));
        }

        if (largest == 0)
        {
            return 0;
        }

        // In units of the largest magnitude, where no square can overflow or vanish.
        Span<float> units = stackalloc float[PanelLayout.InputsPerGroup];
        for (int i = 0; i < units.Length; i++)
        {
            units[i] = weights[i] / largest;
        }

        float best = 0;
        float leastError = float.MaxValue;
        for (float divisor = FirstDivisor; divisor <= LastDivisor; divisor += DivisorStep)
        {
            foreach (float inverse in (ReadOnlySpan<float>)[-divisor, divisor])
            {
                float error = SquaredError(units, inverse);
                (best, leastError) = error < leastError ? (inverse, error) : (best, leastError);
            }
        }

        return (float)(LeastSquares(units, best) * largest);
    }

    private static float SquaredError(ReadOnlySpan<float> units, float inverse)
    {
        Vector256<float> sum = default;
        for (int i = 0; i < units.Length; i += Vector256<float>.Count)
        {
            Vector256<float> unit = Vector256.Create(units.Slice(i, Vector256<float>.Count));
            Vector256<float> quantized = Vector256.Round(Vector256.Min(
                Vector256.Max(unit * inverse, Vector256.Create((float)Smallest)), Vector256.Create((float)Largest)));
            Vector256<float> difference = (quantized / Vector256.Create(inverse)) - unit;
            sum += difference * difference;
        }

        // Lane by lane: the order of a horizontal sum is the machine's.
        float total = 0;
        for (int lane = 0; lane < Vector256<float>.Count; lane++)
        {
            total += sum[lane];
        }

        return total;
    }

    /// <summary>The scale that fits best to the whole numbers that another scale gives.</summary>
    private static double LeastSquares(ReadOnlySpan<float> units, float inverse)
    {
        double products = 0;
        double squares = 0;
        foreach (float unit in units)
        {
            int quantized = Round(unit * inverse);
            products += (double)unit * quantized;
            squares += quantized * quantized;
        }

        return products / squares;
    }
}
