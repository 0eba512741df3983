using TinyGpt.Kernels.Contract;

namespace TinyGpt.Kernels.Scalar;

/// <summary>
/// The reference: plain loops, one lane at a time, with the arithmetic of <see cref="IKernels"/> spelled out. It shares no code with
/// the vector tiers, so that equal bits mean something; it runs everywhere and is meant for tests, not for speed.
/// </summary>
internal readonly unsafe partial struct ScalarKernels : IKernels
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Scalar;

    /// <inheritdoc/>
    public static bool IsSupported => FusedMultiplyAddIsExact();

    /// <summary>Adds 16 lanes by the one tree that every tier uses: lane i + lane i+8, then +4, +2, +1. Destroys the lanes.</summary>
    private static float SumLanes(float* lanes)
    {
        for (int distance = PanelLayout.VirtualLanes / 2; distance > 0; distance /= 2)
        {
            for (int lane = 0; lane < distance; lane++)
            {
                lanes[lane] += lanes[lane + distance];
            }
        }

        return lanes[0];
    }
}
