using System.Runtime.Intrinsics.Arm;

namespace TinyGpt.Kernels;

/// <summary>64-bit ARM with the dot-product extension: the lanes of Advanced SIMD and the dot-product matrix kernel.</summary>
public readonly unsafe struct NeonDpKernels : IKernels
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.NeonDp;

    /// <inheritdoc/>
    public static bool IsSupported => Dp.Arm64.IsSupported && AdvSimd.Arm64.IsSupported;

    /// <inheritdoc/>
    public static void MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedRows activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount) =>
        TiledMultiply.Run<NeonDpMatrixMultiply, Int4Multiply<NeonDpInt4Sums, NeonDpQuad>>(
            weights, activations, bias, output, outputStride, firstPanel, panelCount);

    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneQuantization.Quantize<NeonLanes>(source, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void AddNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float* bias, float epsilon, in QuantizedRows destination, int row) =>
        LaneLayerNorm.AddNormalizeQuantize<NeonLanes>(residual, addend, width, gain, bias, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int width, float* gain, float epsilon, in QuantizedRows destination, int row) =>
        LaneRmsNorm.AddRmsNormalizeQuantize<NeonLanes>(residual, addend, width, gain, epsilon, destination, row);

    /// <inheritdoc/>
    public static void AddNormalize(float* residual, float* addend, int width, float* gain, float* bias, float epsilon) =>
        LaneLayerNorm.AddNormalize<NeonLanes>(residual, addend, width, gain, bias, epsilon);

    /// <inheritdoc/>
    public static void Add(float* target, float* addend, int width) => LaneLayerNorm.Add<NeonLanes>(target, addend, width);

    /// <inheritdoc/>
    public static void NormalizeHead(float* head, int headSize, float* gain, float epsilon) =>
        LaneRmsNorm.NormalizeHead<NeonLanes>(head, headSize, gain, epsilon);

    /// <inheritdoc/>
    public static void Rotate(float* head, float* cosines, float* sines, int channels) =>
        LaneRotation.Rotate<NeonLanes>(head, cosines, sines, channels);

    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.ActivateQuantize<NeonLanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedRows destination, int row, int firstGroup, int groupCount) =>
        LaneActivation.GatedActivateQuantize<NeonLanes>(source, activation, destination, row, firstGroup, groupCount);

    /// <inheritdoc/>
    public static void Attend(in AttentionHead head) => LaneAttention.Attend<NeonLanes>(head);

    /// <inheritdoc/>
    public static void AttendQuantized(in AttentionHead head) => LaneQuantizedAttention.Attend<NeonLanes>(head);

    /// <inheritdoc/>
    public static void QuantizeHead(float* source, int headStride, sbyte* values, float* scale) =>
        LaneQuantizedAttention.QuantizeHead<NeonLanes>(source, headStride, values, scale);

    /// <inheritdoc/>
    public static void Embed(in PackedMatrix embedding, int token, float* position, float* destination) =>
        LaneEmbedding.Embed<NeonLanes>(embedding, token, position, destination);

    /// <inheritdoc/>
    public static int ArgMax(float* values, int count) => LaneArgMax.ArgMax<NeonLanes>(values, count);

    /// <inheritdoc/>
    public static void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights) =>
        LaneExponential.SoftmaxWeights<NeonLanes>(logits, count, maximum, inverseTemperature, weights);
}
