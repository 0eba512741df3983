using TinyGpt.Kernels;
using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;

namespace TinyGpt.Training.Numerics;

/// <summary>
/// The operations of a network that are no matrix products, forward and backward, on 16 lanes: the same bits on every processor. Each
/// call computes on the calling thread; arrays are floats of any alignment that do not overlap unless it is said. Thread-safe.
/// </summary>
internal abstract unsafe class RowOperations
{
    /// <summary>The operations for this machine.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor has neither FMA3 nor Advanced SIMD.</exception>
    public static RowOperations Best { get; } = Supported().FirstOrDefault()
        ?? throw new PlatformNotSupportedException("Training needs a processor with FMA3 (x86-64) or Advanced SIMD (ARM64).");

    /// <summary>All that this machine can execute, the fastest first.</summary>
    public static IEnumerable<RowOperations> Supported()
    {
        if (Avx512Kernels.IsSupported)
        {
            yield return new LaneOperations<Avx512Lanes>();
        }

        if (Avx2Kernels.IsSupported)
        {
            yield return new LaneOperations<Avx2Lanes>();
        }

        if (NeonKernels.IsSupported)
        {
            yield return new LaneOperations<NeonLanes>();
        }
    }

    /// <summary>Layer norm of rows: y = (x - mean) / deviation · gain + bias.</summary>
    /// <param name="x">rows × width.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="gain">width factors.</param>
    /// <param name="bias">width addends.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">rows × width, written.</param>
    /// <param name="means">Each row's mean, written.</param>
    /// <param name="inverses">Each row's 1/√(variance + epsilon), written.</param>
    public abstract void LayerNorm(
        float* x, int rows, int width, float* gain, float* bias, float epsilon, float* y, float* means, float* inverses);

    /// <summary>Adds the gradient of layer norm's input to <paramref name="dx"/>, and those of gain and bias to theirs.</summary>
    /// <param name="dy">The output's gradient, rows × width.</param>
    /// <param name="x">The input.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="width">Features of a row.</param>
    /// <param name="gain">The factors.</param>
    /// <param name="means">What <see cref="LayerNorm"/> wrote.</param>
    /// <param name="inverses">What <see cref="LayerNorm"/> wrote.</param>
    /// <param name="dx">rows × width, added to.</param>
    /// <param name="dgain">width, added to.</param>
    /// <param name="dbias">width, added to.</param>
    public abstract void LayerNormBackward(
        float* dy, float* x, int rows, int width, float* gain, float* means, float* inverses, float* dx, float* dgain, float* dbias);

    /// <summary>y = GELU(x).</summary>
    public abstract void Gelu(Activation form, float* x, float* y, int count);

    /// <summary>Multiplies gradients by the derivative of GELU and computes GELU again.</summary>
    /// <param name="form">Which GELU.</param>
    /// <param name="x">The inputs.</param>
    /// <param name="y">GELU of them, written.</param>
    /// <param name="gradient">The output's gradient; becomes the input's.</param>
    /// <param name="count">How many.</param>
    public abstract void GeluBackward(Activation form, float* x, float* y, float* gradient, int count);

    /// <summary>Turns scores into softmax(scale · scores) in place.</summary>
    /// <param name="scores">The scores.</param>
    /// <param name="count">Scores that count; 1 or more.</param>
    /// <param name="padded">Zeros are written after them up to this length.</param>
    /// <param name="scale">A positive factor.</param>
    public abstract void Softmax(float* scores, int count, int padded, float scale);

    /// <summary>Turns gradients of a softmax's outputs into those of its unscaled scores: p·(dp - Σ p·dp)·scale.</summary>
    /// <param name="shares">What <see cref="Softmax"/> made.</param>
    /// <param name="gradient">The gradients; zeros are written after <paramref name="count"/>.</param>
    /// <param name="count">How many count.</param>
    /// <param name="padded">Up to here zeros are written.</param>
    /// <param name="scale">The factor of the scores.</param>
    public abstract void SoftmaxBackward(float* shares, float* gradient, int count, int padded, float scale);

    /// <summary>The cross-entropy of a row of logits, which become its gradient.</summary>
    /// <param name="logits">The logits; become (softmax - one at the target) · weight.</param>
    /// <param name="count">How many.</param>
    /// <param name="target">The right one.</param>
    /// <param name="weight">The loss's share in the mean; 0 leaves the gradient out.</param>
    /// <returns>-ln of the target's share.</returns>
    public abstract double CrossEntropy(float* logits, int count, int target, float weight);

    /// <summary>sum = left + right; <paramref name="sum"/> may be either.</summary>
    public abstract void Add(float* left, float* right, float* sum, int count);

    /// <summary>Adds the sum of each column to <paramref name="sums"/>.</summary>
    /// <param name="x">The first column's first element.</param>
    /// <param name="rows">How many rows.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="columns">How many columns.</param>
    /// <param name="sums">One float a column, added to.</param>
    public abstract void AddColumnSums(float* x, int rows, nint stride, int columns, float* sums);

    /// <summary>The sum of squares.</summary>
    public abstract double SumOfSquares(float* x, int count);
}
