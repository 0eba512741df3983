namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static void Rotate(float* head, float* cosines, float* sines, int channels)
    {
        for (int i = 0; i < channels; i += 2)
        {
            float even = head[i];
            float odd = head[i + 1];
            head[i] = MathF.FusedMultiplyAdd(odd, sines[i], even * cosines[i]);
            head[i + 1] = MathF.FusedMultiplyAdd(even, sines[i + 1], odd * cosines[i + 1]);
        }
    }
}
