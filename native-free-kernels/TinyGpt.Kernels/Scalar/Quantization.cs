namespace TinyGpt.Kernels;

/// <summary>The constants of activation quantization.</summary>
internal static class QuantizationConstants
{
    /// <summary>2⁻¹⁰⁰: a group whose largest magnitude is smaller becomes zeros, which keeps 127 / magnitude finite.</summary>
    public const float SmallestMagnitude = 7.88860905e-31f;
}

public readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedRows destination, int row, int firstGroup, int groupCount)
    {
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            QuantizeGroup(source + ((nint)group * PanelLayout.InputsPerGroup), destination, row, group);
        }
    }

    private static void QuantizeGroup(float* values, in QuantizedRows destination, int row, int group)
    {
        float largest = 0f;
        for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
        {
            float magnitude = MathF.Abs(values[i]);
            largest = magnitude > largest ? magnitude : largest;
        }

        bool isZero = largest < QuantizationConstants.SmallestMagnitude;
        float scale = isZero ? 0f : largest / PanelLayout.LargestQuantized;
        float inverse = isZero ? 0f : PanelLayout.LargestQuantized / largest;

        sbyte* quads = destination.Locate(row, group, out int quadStride, out nint scaleIndex);
        int sum = 0;
        for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
        {
            int quantized = (int)MathF.Round(values[i] * inverse, MidpointRounding.ToEven);
            quads[(i / PanelLayout.InputsPerQuad * quadStride) + (i % PanelLayout.InputsPerQuad)] = (sbyte)quantized;
            sum += quantized;
        }

        destination.Scales[scaleIndex] = scale;
        destination.Sums[scaleIndex] = sum;
    }
}
