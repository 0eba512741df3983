using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Tiles;

namespace TinyGpt.Kernels.Lanes;

/// <summary>
/// The operations of a vector tier, once for all instruction sets. A tier names its lanes and its two matrix kernels, and it can replace an
/// operation by declaring it. Calls go through a type parameter that is a struct, so the compiler binds them directly and inlines them as it
/// would without this interface.
/// </summary>
/// <typeparam name="TLanes">16 lanes of the instruction set.</typeparam>
/// <typeparam name="TInt8Multiply">The matrix kernel for int8 weights.</typeparam>
/// <typeparam name="TInt4Multiply">The matrix kernel for 4-bit weights.</typeparam>
internal unsafe interface IVectorKernels<TLanes, TInt8Multiply, TInt4Multiply> : IKernels
    where TLanes : struct, ILanes<TLanes>
    where TInt8Multiply : struct, ITileKernel
    where TInt4Multiply : struct, ITileKernel
{
    static void IKernels.MultiplyPanels(
        in PackedMatrix weights,
        in QuantizedActivations activations,
        float* bias,
        float* output,
        nint outputStride,
        int firstPanel,
        int panelCount) =>
        TiledMultiply.Run<TInt8Multiply, TInt4Multiply>(
            weights, activations, bias, output, outputStride, firstPanel, panelCount);

    static void IKernels.Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        LaneQuantization.Quantize<TLanes>(source, destination, token, firstGroup, groupCount);

    static void IKernels.AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token) =>
        LaneLayerNorm.AddNormalizeQuantize<TLanes>(residual, addend, hiddenSize, gain, bias, epsilon, destination, token);

    static void IKernels.AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token) =>
        LaneRmsNorm.AddRmsNormalizeQuantize<TLanes>(residual, addend, hiddenSize, gain, epsilon, destination, token);

    static void IKernels.AddNormalize(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon) =>
        LaneLayerNorm.AddNormalize<TLanes>(residual, addend, hiddenSize, gain, bias, epsilon);

    static void IKernels.Add(float* target, float* addend, int hiddenSize) => LaneLayerNorm.Add<TLanes>(target, addend, hiddenSize);

    static void IKernels.NormalizeHead(float* head, int headSize, float* gain, float epsilon) =>
        LaneRmsNorm.NormalizeHead<TLanes>(head, headSize, gain, epsilon);

    static void IKernels.Rotate(float* head, float* cosines, float* sines, int channels) =>
        LaneRotation.Rotate<TLanes>(head, cosines, sines, channels);

    static void IKernels.ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        LaneActivation.ActivateQuantize<TLanes>(source, activation, destination, token, firstGroup, groupCount);

    static void IKernels.GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        LaneActivation.GatedActivateQuantize<TLanes>(source, activation, destination, token, firstGroup, groupCount);

    static void IKernels.Attend(in AttentionHead head) => LaneAttention.Attend<TLanes>(head);

    static void IKernels.AttendQuantized(in AttentionHead head) => LaneQuantizedAttention.Attend<TLanes>(head);

    static void IKernels.QuantizeHead(float* source, int paddedHeadSize, sbyte* values, float* scale) =>
        LaneQuantizedAttention.QuantizeHead<TLanes>(source, paddedHeadSize, values, scale);

    static void IKernels.Embed(in PackedMatrix embedding, int token, float* position, float* destination) =>
        LaneEmbedding.Embed<TLanes>(embedding, token, position, destination);

    static int IKernels.ArgMax(float* values, int count) => LaneArgMax.ArgMax<TLanes>(values, count);

    static void IKernels.SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights) =>
        LaneExponential.SoftmaxWeights<TLanes>(logits, count, maximum, inverseTemperature, weights);
}
