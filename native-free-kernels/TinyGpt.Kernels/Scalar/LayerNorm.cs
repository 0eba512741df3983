using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token)
    {
        AddAndMeasure(residual, addend, hiddenSize, epsilon, out float mean, out float inverseDeviation);
        float* normalized = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = 0; group < destination.Groups; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                int feature = (group * PanelLayout.InputsPerGroup) + i;
                normalized[i] = feature < hiddenSize
                    ? MathF.FusedMultiplyAdd((residual[feature] - mean) * inverseDeviation, gain[feature], bias[feature])
                    : 0f;
            }

            QuantizeGroup(normalized, destination, token, group);
        }
    }

    /// <inheritdoc/>
    public static void AddNormalize(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon)
    {
        AddAndMeasure(residual, addend, hiddenSize, epsilon, out float mean, out float inverseDeviation);
        for (int i = 0; i < hiddenSize; i++)
        {
            residual[i] = MathF.FusedMultiplyAdd((residual[i] - mean) * inverseDeviation, gain[i], bias[i]);
        }
    }

    /// <inheritdoc/>
    public static void Add(float* target, float* addend, int hiddenSize)
    {
        for (int i = 0; i < hiddenSize; i++)
        {
            target[i] += addend[i];
        }
    }

    private static void AddAndMeasure(
        float* residual, float* addend, int hiddenSize, float epsilon, out float mean, out float inverseDeviation)
    {
        float* lanes = stackalloc float[PanelLayout.VirtualLanes];

        new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
        for (int i = 0; i < hiddenSize; i++)
        {
            if (addend != null)
            {
                residual[i] += addend[i];
            }

            lanes[i % PanelLayout.VirtualLanes] += residual[i];
        }

        mean = SumLanes(lanes) / hiddenSize;

        new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
        for (int i = 0; i < hiddenSize; i++)
        {
            float difference = residual[i] - mean;
            ref float lane = ref lanes[i % PanelLayout.VirtualLanes];
            lane = MathF.FusedMultiplyAdd(difference, difference, lane);
        }

        float variance = SumLanes(lanes) / hiddenSize;
        inverseDeviation = 1f / MathF.Sqrt(variance + epsilon);
    }
}
