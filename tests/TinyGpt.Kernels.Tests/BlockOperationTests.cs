using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>
/// Compares one tier with the scalar tier, bit for bit, in what later models than GPT-2 added to a block: RMS norm, norms after sums,
/// rotary positions, gates, windows.
/// </summary>
public abstract unsafe class BlockOperationComparison(KernelTier tier)
{
    private readonly KernelSet _kernels = KernelSet.Of(tier);

    private const float Epsilon = 1e-5f;

    private static readonly int[] Widths = [.. Enumerable.Range(1, 130), 768, 3072];

    [Fact]
    public void Rms_norms_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(21);
        foreach (int width in Widths)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                using NormOperands operands = new(random, width, kind);
                foreach (float* addend in (float*[])[null, operands.Addend.Pointer])
                {
                    using NativeBuffer<float> actualResidual = NativeBuffer<float>.CopyOf(operands.Residual);
                    using NativeBuffer<float> expectedResidual = NativeBuffer<float>.CopyOf(operands.Residual);
                    using RowBuffers expected = new(3, PanelLayout.Groups(width));
                    using RowBuffers actual = new(3, PanelLayout.Groups(width));
                    ScalarKernels.AddRmsNormalizeQuantize(
                        expectedResidual.Pointer, addend, width, operands.Gain.Pointer, Epsilon, expected.View, 1);
                    _kernels.AddRmsNormalizeQuantize(actualResidual.Pointer, addend, width, operands.Gain.Pointer, Epsilon, actual.View, 1);
                    actualResidual.AssertSameBits(expectedResidual, $"width {width}, kind {kind}, residual");
                    actual.AssertSameBits(expected, $"width {width}, kind {kind}");
                }
            }
        }
    }

    [Fact]
    public void Norms_behind_sums_and_bare_sums_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(22);
        foreach (int width in Widths)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                using NormOperands operands = new(random, width, kind);
                using NativeBuffer<float> actual = NativeBuffer<float>.CopyOf(operands.Residual);
                using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(operands.Residual);
                ScalarKernels.Add(expected.Pointer, operands.Addend.Pointer, width);
                _kernels.Add(actual.Pointer, operands.Addend.Pointer, width);
                actual.AssertSameBits(expected, $"sum, width {width}, kind {kind}");
                float* gain = operands.Gain.Pointer;
                float* bias = operands.Bias.Pointer;
                ScalarKernels.AddNormalize(expected.Pointer, operands.Addend.Pointer, width, gain, bias, Epsilon);
                _kernels.AddNormalize(actual.Pointer, operands.Addend.Pointer, width, gain, bias, Epsilon);
                actual.AssertSameBits(expected, $"width {width}, kind {kind}");
            }
        }
    }

    [Fact]
    public void A_norm_behind_a_sum_has_the_bits_of_the_norm_that_quantizes()
    {
        SkipUnlessSupported();
        Random random = new(23);
        using NormOperands operands = new(random, 100, 0);
        using NativeBuffer<float> replaced = NativeBuffer<float>.CopyOf(operands.Residual);
        using RowBuffers expected = new(1, 2);
        using RowBuffers actual = new(1, 2);
        float* addend = operands.Addend.Pointer;
        float* gain = operands.Gain.Pointer;
        float* bias = operands.Bias.Pointer;
        _kernels.AddNormalizeQuantize(operands.Residual.Pointer, addend, 100, gain, bias, Epsilon, expected.View, 0);
        _kernels.AddNormalize(replaced.Pointer, addend, 100, gain, bias, Epsilon);
        _kernels.Quantize(replaced.Pointer, actual.View, 0, 0, 2);
        actual.AssertSameBits(expected, "both norms");
    }

    [Fact]
    public void Heads_are_normalized_to_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(24);
        for (int size = 1; size <= 256; size++)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                using NormOperands operands = new(random, size, kind);
                using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(operands.Residual);
                ScalarKernels.NormalizeHead(expected.Pointer, size, operands.Gain.Pointer, Epsilon);
                _kernels.NormalizeHead(operands.Residual.Pointer, size, operands.Gain.Pointer, Epsilon);
                operands.Residual.AssertSameBits(expected, $"head size {size}, kind {kind}");
            }
        }
    }

    [Fact]
    public void Rotations_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(25);
        for (int channels = 16; channels <= 256; channels += 16)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                using NativeBuffer<float> actual = new(channels + 16);
                using NativeBuffer<float> cosines = new(channels);
                using NativeBuffer<float> sines = new(channels);
                FloatRows.Fill(random, actual.Span, kind);
                FloatRows.Fill(random, cosines.Span, 0);
                FloatRows.Fill(random, sines.Span, 0);
                using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(actual);
                ScalarKernels.Rotate(expected.Pointer, cosines.Pointer, sines.Pointer, channels);
                _kernels.Rotate(actual.Pointer, cosines.Pointer, sines.Pointer, channels);
                actual.AssertSameBits(expected, $"{channels} channels, kind {kind}");
            }
        }
    }

    [Theory]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Silu)]
    public void Activations_and_gates_have_the_bits_of_the_scalar_tier(Activation activation)
    {
        SkipUnlessSupported();
        Random random = new(26);
        for (int round = 0; round < 200; round++)
        {
            int tokens = random.Next(1, 8);
            int groups = random.Next(1, 7);
            int first = random.Next(groups);
            int count = random.Next(1, groups - first + 1);
            using RowBuffers expected = new(tokens, groups);
            using RowBuffers actual = new(tokens, groups);
            using RowBuffers expectedGated = new(tokens, groups);
            using RowBuffers actualGated = new(tokens, groups);
            using NativeBuffer<float> source = new(2 * groups * PanelLayout.InputsPerGroup);
            for (int row = 0; row < tokens; row++)
            {
                FloatRows.Fill(random, source.Span, round);
                if (round % 6 == 3)
                {
                    Bound(source.Span); // a product of two huge numbers is none
                }

                ScalarKernels.ActivateQuantize(source.Pointer, activation, expected.View, row, first, count);
                _kernels.ActivateQuantize(source.Pointer, activation, actual.View, row, first, count);
                ScalarKernels.GatedActivateQuantize(source.Pointer, activation, expectedGated.View, row, first, count);
                _kernels.GatedActivateQuantize(source.Pointer, activation, actualGated.View, row, first, count);
            }

            actual.AssertSameBits(expected, $"round {round}");
            actualGated.AssertSameBits(expectedGated, $"gated, round {round}");
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(48)]
    [InlineData(128)]
    public void Attention_within_a_window_has_the_bits_of_the_scalar_tier(int headStride)
    {
        SkipUnlessSupported();
        Random random = new(27);
        foreach (int keys in new[] { 1, 2, 15, 16, 17, 63, 64, 65, 130 })
        {
            for (int queries = 1; queries <= Math.Min(keys, AttentionHead.MaxQueries); queries++)
            {
                foreach (int window in new[] { 1, 2, 3, 16, 17, 33, 64, 129 })
                {
                    using AttentionOperands operands = new(random, headStride, keys, magnitude: 30f, queries);
                    AttentionHead head = operands.Head with { Window = window };
                    ScalarKernels.Attend(head);
                    using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(operands.Output);
                    operands.Output.Span.Clear();
                    _kernels.Attend(head);
                    operands.Output.AssertSameBits(expected, $"{queries} queries, {keys} keys, window {window}");

                    using QuantizedAttentionOperands quantized = new(random, headStride, keys, queries);
                    AttentionHead quantizedHead = quantized.Head with { Window = window };
                    ScalarKernels.AttendQuantized(quantizedHead);
                    using NativeBuffer<float> expectedQuantized = NativeBuffer<float>.CopyOf(quantized.Output);
                    quantized.Output.Span.Clear();
                    _kernels.AttendQuantized(quantizedHead);
                    quantized.Output.AssertSameBits(expectedQuantized, $"int8, {queries} queries, {keys} keys, window {window}");
                }
            }
        }
    }

    [Fact]
    public void No_operation_allocates_managed_memory()
    {
        SkipUnlessSupported();
        using NormOperands operands = new(new Random(28), 100, 0);
        using RowBuffers rows = new(1, 2);
        using NativeBuffer<float> gated = new(4 * PanelLayout.InputsPerGroup);
        float* residual = operands.Residual.Pointer;
        float* addend = operands.Addend.Pointer;
        float* gain = operands.Gain.Pointer;
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            _kernels.AddRmsNormalizeQuantize(residual, addend, 100, gain, Epsilon, rows.View, 0);
            _kernels.AddNormalize(residual, addend, 100, gain, operands.Bias.Pointer, Epsilon);
            _kernels.Add(residual, addend, 100);
            _kernels.NormalizeHead(residual, 100, gain, Epsilon);
            _kernels.Rotate(residual, gain, addend, 112);
            _kernels.GatedActivateQuantize(gated.Pointer, Activation.Silu, rows.View, 0, 0, 2);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void Bound(Span<float> row)
    {
        foreach (ref float value in row)
        {
            value = Math.Clamp(value, -1e15f, 1e15f);
        }
    }

    private void SkipUnlessSupported() =>
        Assert.SkipUnless(_kernels.IsSupported, $"This processor has no {KernelTiers.Name(_kernels.Tier)} tier.");

    /// <summary>A row, what is added to it, gain and bias, all padded with zeros.</summary>
    private sealed class NormOperands : IDisposable
    {
        public NormOperands(Random random, int width, int kind)
        {
            int padded = PanelLayout.PaddedInputs(width);
            Residual = new(padded);
            Addend = new(padded);
            Gain = new(padded);
            Bias = new(padded);
            FloatRows.Fill(random, Residual.Span[..width], kind);
            FloatRows.Fill(random, Addend.Span[..width], kind);
            FloatRows.Fill(random, Gain.Span[..width], 0);
            FloatRows.Fill(random, Bias.Span[..width], 0);
        }

        public NativeBuffer<float> Residual { get; }

        public NativeBuffer<float> Addend { get; }

        public NativeBuffer<float> Gain { get; }

        public NativeBuffer<float> Bias { get; }

        public void Dispose()
        {
            Residual.Dispose();
            Addend.Dispose();
            Gain.Dispose();
            Bias.Dispose();
        }
    }
}

/// <summary>The AVX2 tier.</summary>
public sealed class Avx2BlockOperationTests() : BlockOperationComparison(KernelTier.Avx2);

/// <summary>The AVX-VNNI tier.</summary>
public sealed class AvxVnniBlockOperationTests() : BlockOperationComparison(KernelTier.AvxVnni);

/// <summary>The AVX-512 tier.</summary>
public sealed class Avx512BlockOperationTests() : BlockOperationComparison(KernelTier.Avx512);

/// <summary>The AVX-512 VNNI tier.</summary>
public sealed class Avx512VnniBlockOperationTests() : BlockOperationComparison(KernelTier.Avx512Vnni);

/// <summary>The tier of Advanced SIMD.</summary>
public sealed class NeonBlockOperationTests() : BlockOperationComparison(KernelTier.Neon);

/// <summary>The tier of Advanced SIMD with dot products.</summary>
public sealed class NeonDpBlockOperationTests() : BlockOperationComparison(KernelTier.NeonDp);
