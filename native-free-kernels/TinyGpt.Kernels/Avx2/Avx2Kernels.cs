using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels;

/// <summary>AVX2 and FMA3: 256-bit lanes and the <c>maddubs</c> matrix kernel.</summary>
public readonly unsafe struct Avx2Kernels : IKernels
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Avx2;

    /// <inheritdoc/>
    public static bool IsSupported => Avx2.IsSupported && Fma.IsSupported;

    /// <inheritdoc/>
    public static void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedRows activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount) =>
        TiledMultiply.Run<Avx2MatrixMultiply, Int4Multiply<Avx2Int4Sums, Vector256<byte>>>(
            weights, activations, bias, output, outputStride, firstPanel, panelCount);

    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneQuantization.Quantize<Avx2Lanes>(source, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void AddNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float* bias, float epsilon, in QuantizedRows destination, int row) =>
        LaneLayerNorm.AddNormalizeQuantize<Avx2Lanes>(residual, addend, width, gain, bias, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float epsilon, in QuantizedRows destination, int row) =>
        LaneRmsNorm.AddRmsNormalizeQuantize<Avx2Lanes>(residual, addend, width, gain, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddNormalize(float* residual, float* addend, int width, float* gain, float* bias, float epsilon) =>
        LaneLayerNorm.AddNormalize<Avx2Lanes>(residual, addend, width, gain, bias, epsilon);

    /// <inheritdoc/>
    public static void Add(float* target, float* addend, int width) => LaneLayerNorm.Add<Avx2Lanes>(target, addend, width);

    /// <inheritdoc/>
    public static void NormalizeHead(float* head, int headSize, float* gain, float epsilon) =>
        LaneRmsNorm.NormalizeHead<Avx2Lanes>(head, headSize, gain, epsilon);

    /// <inheritdoc/>
    public static void Rotate(float* head, float* cosines, float* sines, int channels) =>
        LaneRotation.Rotate<Avx2Lanes>(head, cosines, sines, channels);

    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.ActivateQuantize<Avx2Lanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.GatedActivateQuantize<Avx2Lanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void Attend(in AttentionHead head) => LaneAttention.Attend<Avx2Lanes>(head);

    /// <inheritdoc/>
    public static void AttendQuantized(in AttentionHead head) => LaneQuantizedAttention.Attend<Avx2Lanes>(head);

    /// <inheritdoc/>
    public static void QuantizeHead(float* source, int headStride, sbyte* values, float* scale) =>
        LaneQuantizedAttention.QuantizeHead<Avx2Lanes>(source, headStride, values, scale);

    /// <inheritdoc/>
    public static void Embed(in PackedMatrix embedding, int token, float* position, float* destination) =>
        LaneEmbedding.Embed<Avx2Lanes>(embedding, token, position, destination);

    /// <inheritdoc/>
    public static int ArgMax(float* values, int count) => LaneArgMax.ArgMax<Avx2Lanes>(values, count);

    /// <inheritdoc/>
    public static void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights) =>
        LaneExponential.SoftmaxWeights<Avx2Lanes>(logits, count, maximum, inverseTemperature, weights);
}
