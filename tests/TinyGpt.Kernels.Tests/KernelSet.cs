using TinyGpt.Kernels.ArmNeon;
using TinyGpt.Kernels.ArmNeonDp;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;
using TinyGpt.Kernels.X86Avx512Vnni;
using TinyGpt.Kernels.X86AvxVnni;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// The operations of one tier as virtual methods. Test classes and benchmarks have to be public while the kernels are not, so they cannot be
/// generic over them.
/// </summary>
internal abstract unsafe class KernelSet
{
    public abstract KernelTier Tier { get; }

    public abstract bool IsSupported { get; }

    public static KernelSet Of(KernelTier tier) => tier switch
    {
        KernelTier.Avx2 => new KernelSet<Avx2Kernels>(),
        KernelTier.AvxVnni => new KernelSet<AvxVnniKernels>(),
        KernelTier.Avx512 => new KernelSet<Avx512Kernels>(),
        KernelTier.Avx512Vnni => new KernelSet<Avx512VnniKernels>(),
        KernelTier.Neon => new KernelSet<NeonKernels>(),
        KernelTier.NeonDp => new KernelSet<NeonDpKernels>(),
        _ => new KernelSet<ScalarKernels>(),
    };

    public abstract void MultiplyPanels(
        in PackedMatrix weights, in QuantizedActivations activations, float* bias, float* output, nint outputStride, int firstPanel, int panelCount);

    public abstract void Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    public abstract void AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token);

    public abstract void AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token);

    public abstract void AddNormalize(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon);

    public abstract void Add(float* target, float* addend, int hiddenSize);

    public abstract void NormalizeHead(float* head, int headSize, float* gain, float epsilon);

    public abstract void Rotate(float* head, float* cosines, float* sines, int channels);

    public abstract void ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    public abstract void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount);

    public abstract void Attend(in AttentionHead head);

    public abstract void AttendQuantized(in AttentionHead head);

    public abstract void QuantizeHead(float* source, int paddedHeadSize, sbyte* values, float* scale);

    public abstract void Embed(in PackedMatrix embedding, int token, float* position, float* destination);

    public abstract int ArgMax(float* values, int count);

    public abstract void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights);
}

/// <summary>The same operations, bound to a kernel type.</summary>
internal sealed unsafe class KernelSet<TKernels> : KernelSet
    where TKernels : struct, IKernels
{
    public override KernelTier Tier => TKernels.Tier;

    public override bool IsSupported => TKernels.IsSupported;

    public override void MultiplyPanels(
        in PackedMatrix weights, in QuantizedActivations activations, float* bias, float* output, nint outputStride, int firstPanel, int panelCount) =>
        TKernels.MultiplyPanels(weights, activations, bias, output, outputStride, firstPanel, panelCount);

    public override void Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        TKernels.Quantize(source, destination, token, firstGroup, groupCount);

    public override void AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token) =>
        TKernels.AddNormalizeQuantize(residual, addend, hiddenSize, gain, bias, epsilon, destination, token);

    public override void AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token) =>
        TKernels.AddRmsNormalizeQuantize(residual, addend, hiddenSize, gain, epsilon, destination, token);

    public override void AddNormalize(float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon) =>
        TKernels.AddNormalize(residual, addend, hiddenSize, gain, bias, epsilon);

    public override void Add(float* target, float* addend, int hiddenSize) =>
        TKernels.Add(target, addend, hiddenSize);

    public override void NormalizeHead(float* head, int headSize, float* gain, float epsilon) =>
        TKernels.NormalizeHead(head, headSize, gain, epsilon);

    public override void Rotate(float* head, float* cosines, float* sines, int channels) =>
        TKernels.Rotate(head, cosines, sines, channels);

    public override void ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        TKernels.ActivateQuantize(source, activation, destination, token, firstGroup, groupCount);

    public override void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount) =>
        TKernels.GatedActivateQuantize(source, activation, destination, token, firstGroup, groupCount);

    public override void Attend(in AttentionHead head) =>
        TKernels.Attend(head);

    public override void AttendQuantized(in AttentionHead head) =>
        TKernels.AttendQuantized(head);

    public override void QuantizeHead(float* source, int paddedHeadSize, sbyte* values, float* scale) =>
        TKernels.QuantizeHead(source, paddedHeadSize, values, scale);

    public override void Embed(in PackedMatrix embedding, int token, float* position, float* destination) =>
        TKernels.Embed(embedding, token, position, destination);

    public override int ArgMax(float* values, int count) =>
        TKernels.ArgMax(values, count);

    public override void SoftmaxWeights(float* logits, int count, float maximum, float inverseTemperature, float* weights) =>
        TKernels.SoftmaxWeights(logits, count, maximum, inverseTemperature, weights);
}
