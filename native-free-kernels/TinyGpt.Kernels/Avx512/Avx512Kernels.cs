using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace TinyGpt.Kernels;

/// <summary>AVX-512 F, BW, DQ and VL: 512-bit lanes and a matrix kernel without dot-product instructions.</summary>
public readonly unsafe struct Avx512Kernels : IKernels
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.Avx512;

    /// <inheritdoc/>
    public static bool IsSupported => Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Fma.IsSupported;

    /// <inheritdoc/>
    public static void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedRows activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount) =>
        TiledMultiply.Run<Avx512MatrixMultiply, Int4Multiply<Avx512Int4Sums, Vector512<byte>>>(
            weights, activations, bias, output, outputStride, firstPanel, panelCount);

    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneQuantization.Quantize<Avx512Lanes>(source, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void AddNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float* bias, float epsilon, in QuantizedRows destination, int row) =>
        LaneLayerNorm.AddNormalizeQuantize<Avx512Lanes>(residual, addend, width, gain, bias, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float epsilon, in QuantizedRows destination, int row) =>
        LaneRmsNorm.AddRmsNormalizeQuantize<Avx512Lanes>(residual, addend, width, gain, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddNormalize(float* residual, float* addend, int width, float* gain, float* bias, float epsilon) =>
        LaneLayerNorm.AddNormalize<Avx512Lanes>(residual, addend, width, gain, bias, epsilon);

    /// <inheritdoc/>
    public static void Add(float* target, float* addend, int width) => LaneLayerNorm.Add<Avx512Lanes>(target, addend, width);

    /// <inheritdoc/>
    public static void NormalizeHead(float* head, int headSize, float* gain, float epsilon) =>
        LaneRmsNorm.NormalizeHead<Avx512Lanes>(head, headSize, gain, epsilon);

    /// <inheritdoc/>
    public static void Rotate(float* head, float* cosines, float* sines, int channels) =>
        LaneRotation.Rotate<Avx512Lanes>(head, cosines, sines, channels);

    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.ActivateQuantize<Avx512Lanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.GatedActivateQuantize<Avx512Lanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void Attend(in AttentionHead head) => LaneAttention.Attend<Avx512Lanes>(head);

    /// <inheritdoc/>
    public static void AttendQuantized(in AttentionHead head) => LaneQuantizedAttention.Attend<Avx512Lanes>(head);

    /// <inheritdoc/>
    public static void QuantizeHead(float* source, int headStride, sbyte* values, float* scale) =>
        LaneQuantizedAttention.QuantizeHead<Avx512Lanes>(source, headStride, values, scale);

    /// <inheritdoc/>
    public static void Embed(in PackedMatrix embedding, int token, float* position, float* destination) =>
        LaneEmbedding.Embed<Avx512Lanes>(embedding, token, position, destination);

    /// <inheritdoc/>
    public static int ArgMax(float* values, int count) => LaneArgMax.ArgMax<Avx512Lanes>(values, count);

    /// <inheritdoc/>
    public static void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights) =>
        LaneExponential.SoftmaxWeights<Avx512Lanes>(logits, count, maximum, inverseTemperature, weights);
}
