namespace TinyGpt.Kernels;

public readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float epsilon, in QuantizedRows destination, int row)
    {
        for (int i = 0; i < width && addend != null; i++)
        {
            residual[i] += addend[i];
        }

        float inverseRoot = InverseRoot(residual, width, epsilon);
        float* normalized = stackalloc float[PanelLayout.InputsPerGroup];
        for (int group = 0; group < destination.Groups; group++)
        {
            for (int i = 0; i < PanelLayout.InputsPerGroup; i++)
            {
                int feature = (group * PanelLayout.InputsPerGroup) + i;
                normalized[i] = feature < width ? residual[feature] * inverseRoot * gain[feature] : 0f;
            }

            QuantizeGroup(normalized, destination, row, group);
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

    private static float InverseRoot(float* values, int width, float epsilon)
    {
        float* lanes = stackalloc float[PanelLayout.VirtualLanes];
        new Span<float>(lanes, PanelLayout.VirtualLanes).Clear();
        for (int i = 0; i < width; i++)
        {
            ref float lane = ref lanes[i % PanelLayout.VirtualLanes];
            lane = MathF.FusedMultiplyAdd(values[i], values[i], lane);
        }

        float meanSquare = SumLanes(lanes) / width;
        return 1f / MathF.Sqrt(meanSquare + epsilon);
    }
}
