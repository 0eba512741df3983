namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <inheritdoc/>
    public static int ArgMax(float* values, int count)
    {
        int best = -1;
        for (int i = 0; i < count; i++)
        {
            if (!float.IsNaN(values[i]) && (best < 0 || values[i] > values[best]))
            {
                best = i;
            }
        }

        return best < 0 ? 0 : best;
    }
}
