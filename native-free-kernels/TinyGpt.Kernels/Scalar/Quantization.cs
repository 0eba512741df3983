using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Numerics;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        for (int group = firstGroup; group < firstGroup + groupCount; group++)
        {
            QuantizeGroup(source + ((nint)group * PanelLayout.InputsPerGroup), destination, token, group);
        }
    }

    private static void QuantizeGroup(float* values, in QuantizedActivations destination, int token, int group)
    {
        float largest = 0f;
        for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
        {
            float magnitude = MathF.Abs(values[i]);
            largest = magnitude > largest ? magnitude : largest;
        }

        bool isZero = largest < QuantizationConstants.MinMagnitude;
        float scale = isZero ? 0f : largest / PanelLayout.MaxQuantized;
        float inverse = isZero ? 0f : PanelLayout.MaxQuantized / largest;

        sbyte* kBlocks = destination.Locate(token, group, out int kBlockStride, out nint scaleIndex);
        int sum = 0;
        for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
        {
            int quantized = (int)MathF.Round(values[i] * inverse, MidpointRounding.ToEven);
            kBlocks[(i / PanelLayout.InputsPerKBlock * kBlockStride) + (i % PanelLayout.InputsPerKBlock)] = (sbyte)quantized;
            sum += quantized;
        }

        destination.Scales[scaleIndex] = scale;
        destination.Sums[scaleIndex] = sum;
    }
}
