using System.Runtime.CompilerServices;

namespace TinyGpt.Kernels.Scalar;

internal readonly unsafe partial struct ScalarKernels
{
    /// <summary>
    /// Whether <see cref="MathF.FusedMultiplyAdd"/> rounds once. Without the instruction it is the C library's <c>fmaf</c>; a poor one
    /// rounds the product first, or computes in double precision and so rounds the sum twice.
    /// </summary>
    internal static bool FusedMultiplyAddIsExact()
    {
        const float Epsilon = 1.1920929e-7f; // 2⁻²³
        const float Root = 0.000244140625f; // 2⁻¹², whose square is half of ε

        // (1 + ε)² - (1 + 2ε) is ε², but 0 when the product is rounded first.
        bool productIsExact = Fused(1f + Epsilon, 1f + Epsilon, -(1f + (2f * Epsilon))) == Epsilon * Epsilon;

        // (1 + ε) + ε/2·(1 - ε²) is just below the middle between 1 + ε and 1 + 2ε. Double precision loses the -ε² and makes it a tie,
        // which then goes up to the even neighbour.
        bool sumIsRoundedOnce = Fused(Root + (Root * Epsilon), Root - (Root * Epsilon), 1f + Epsilon) == 1f + Epsilon;

        return productIsExact && sumIsRoundedOnce;
    }

    /// <summary>Kept out of line, so that no compiler folds the constants with its own arithmetic.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static float Fused(float left, float right, float addend) => MathF.FusedMultiplyAdd(left, right, addend);
}
