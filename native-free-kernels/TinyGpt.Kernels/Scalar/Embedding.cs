using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void Embed(in PackedMatrix embedding, int token, float* position, float* destination)
    {
        for (int i = 0; i < embedding.Groups * PanelLayout.InputsPerGroup; i++)
        {
            byte* packed = PackedGroup(embedding, token, i / PanelLayout.InputsPerGroup, out int lane);
            float scale = ((float*)(packed + PanelLayout.GroupWeightBytes))[lane];
            float value = PackedWeight(packed, lane, i % PanelLayout.InputsPerGroup) * scale;
            destination[i] = position == null ? value : value + position[i];
        }
    }
}
