using System.Runtime.Intrinsics.X86;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Lanes;
using TinyGpt.Kernels.Tiles;
using TinyGpt.Kernels.X86Avx2;
using TinyGpt.Kernels.X86Avx512;

namespace TinyGpt.Kernels.X86AvxVnni;

/// <summary>
/// AVX-VNNI: the dot-product matrix kernel, with the lanes of AVX-512 if the processor has them, else those of AVX2. The
/// work between the matrices of a prompt is bound by instructions, so wider lanes are faster. The results are the same bits.
/// </summary>
internal readonly unsafe struct AvxVnniKernels : IVectorKernels<Avx2Lanes, AvxVnniMatrixMultiply, Int4Multiply<AvxVnniInt4Sums, AvxVnniKBlock>>
{
    /// <inheritdoc/>
    public static KernelTier Tier => KernelTier.AvxVnni;

    /// <inheritdoc/>
    public static bool IsSupported => AvxVnni.IsSupported && Avx2.IsSupported && Fma.IsSupported;

    /// <inheritdoc/>
    public static void Quantize(float* source, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneQuantization.Quantize<Avx512Lanes>(source, destination, token, firstGroup, groupCount);
        }
        else
        {
            LaneQuantization.Quantize<Avx2Lanes>(source, destination, token, firstGroup, groupCount);
        }
    }

    /// <inheritdoc/>
    public static void AddNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float* bias, float epsilon, in QuantizedActivations destination, int token)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneLayerNorm.AddNormalizeQuantize<Avx512Lanes>(residual, addend, hiddenSize, gain, bias, epsilon, destination, token);
        }
        else
        {
            LaneLayerNorm.AddNormalizeQuantize<Avx2Lanes>(residual, addend, hiddenSize, gain, bias, epsilon, destination, token);
        }
    }

    /// <inheritdoc/>
    public static void AddRmsNormalizeQuantize(
        float* residual, float* addend, int hiddenSize, float* gain, float epsilon, in QuantizedActivations destination, int token)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneRmsNorm.AddRmsNormalizeQuantize<Avx512Lanes>(residual, addend, hiddenSize, gain, epsilon, destination, token);
        }
        else
        {
            LaneRmsNorm.AddRmsNormalizeQuantize<Avx2Lanes>(residual, addend, hiddenSize, gain, epsilon, destination, token);
        }
    }

    /// <inheritdoc/>
    public static void ActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneActivation.ActivateQuantize<Avx512Lanes>(source, activation, destination, token, firstGroup, groupCount);
        }
        else
        {
            LaneActivation.ActivateQuantize<Avx2Lanes>(source, activation, destination, token, firstGroup, groupCount);
        }
    }

    /// <inheritdoc/>
    public static void GatedActivateQuantize(
        float* source, Activation activation, in QuantizedActivations destination, int token, int firstGroup, int groupCount)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneActivation.GatedActivateQuantize<Avx512Lanes>(source, activation, destination, token, firstGroup, groupCount);
        }
        else
        {
            LaneActivation.GatedActivateQuantize<Avx2Lanes>(source, activation, destination, token, firstGroup, groupCount);
        }
    }

    /// <inheritdoc/>
    public static void Attend(in AttentionHead head)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneAttention.Attend<Avx512Lanes>(head);
        }
        else
        {
            LaneAttention.Attend<Avx2Lanes>(head);
        }
    }

    /// <inheritdoc/>
    public static void AttendQuantized(in AttentionHead head)
    {
        if (Avx512Kernels.IsSupported)
        {
            LaneQuantizedAttention.Attend<Avx512Lanes>(head);
        }
        else
        {
            LaneQuantizedAttention.Attend<Avx2Lanes>(head);
        }
    }
}
