using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token)
    {
        for (int i = 0; i < hiddenSize && addend != null; i++)
        {
            residual[i] += addend[i];
        }

        float inverseRoot = InverseRoot(residual, hiddenSize, epsilon);
        float* normalized = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = 0; group < destination.Groups; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                int feature = (group * PanelLayout.InputsPerGroup) + i;
                normalized[i] = feature < hiddenSize ? residual[feature] * inverseRoot * gain[feature] : 0f;
            }

            QuantizeGroup(normalized, destination, token, group);
        }
    }

    /// <inheritdoc/>
    public static void NormalizeHead(float* head, int headSize, float* gain, float epsilon)
    {
        float inverseRoot = InverseRoot(head, headSize, epsilon);
        for (int i = 0; i < headSize; i++)
        {
            head[i] = head[i] * inverseRoot * gain[i];
        }
    }

    private static float InverseRoot(float* values, int hiddenSize, float epsilon)
    {
        float* lanes = stackalloc float[PanelLayout.VirtualLanes];
        new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
        for (int i = 0; i < hiddenSize; i++)
        {
            ref float lane = ref lanes[i % PanelLayout.VirtualLanes];
            lane = MathF.FusedMultiplyAdd(values[i], values[i], lane);
        }

        float meanSquare = SumLanes(lanes) / hiddenSize;
        return 1f / MathF.Sqrt(meanSquare + epsilon);
    }
}
