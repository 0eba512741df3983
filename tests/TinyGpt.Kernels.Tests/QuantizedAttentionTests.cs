using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Compares one tier's attention over int8 keys and values with the scalar tier, bit for bit.</summary>
public abstract unsafe class QuantizedAttentionComparison(KernelTier tier)
{
    private readonly KernelSet _kernels = KernelSet.Of(tier);

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(112)]
    [InlineData(128)]
    public void Attention_over_int8_has_the_bits_of_the_scalar_tier(int headStride)
    {
        SkipUnlessSupported();
        Random random = new(16);
        for (int keys = 1; keys <= 200; keys += keys < 70 ? 1 : 13)
        {
            for (int queries = 1; queries <= Math.Min(keys, AttentionHead.MaxQueries); queries++)
            {
                using QuantizedAttentionOperands operands = new(random, headStride, keys, queries);
                ScalarKernels.AttendQuantized(operands.Head);
                using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(operands.Output);
                operands.Output.Span.Clear();
                _kernels.AttendQuantized(operands.Head);
                operands.Output.AssertSameBits(expected, $"{queries} queries, {keys} keys");
                Assert.False(expected.Span.Contains(float.NaN));
            }
        }
    }

    [Fact]
    public void Heads_are_quantized_to_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(17);
        for (int headStride = 16; headStride <= 256; headStride += 16)
        {
            using NativeBuffer<float> source = new(headStride);
            using NativeBuffer<sbyte> expected = new(headStride);
            using NativeBuffer<sbyte> actual = new(headStride);
            for (int kind = 0; kind < 6; kind++)
            {
                FloatRows.Fill(random, source.Span, kind);
                float expectedScale;
                float actualScale;
                ScalarKernels.QuantizeHead(source.Pointer, headStride, expected.Pointer, &expectedScale);
                _kernels.QuantizeHead(source.Pointer, headStride, actual.Pointer, &actualScale);
                actual.AssertSameBits(expected, $"head stride {headStride}, kind {kind}");
                Assert.Equal(BitConverter.SingleToInt32Bits(expectedScale), BitConverter.SingleToInt32Bits(actualScale));
            }
        }
    }

    private void SkipUnlessSupported() =>
        Assert.SkipUnless(_kernels.IsSupported, $"This processor has no {KernelTiers.Name(_kernels.Tier)} tier.");
}

/// <summary>The AVX2 tier.</summary>
public sealed class Avx2QuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.Avx2);

/// <summary>The AVX-VNNI tier.</summary>
public sealed class AvxVnniQuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.AvxVnni);

/// <summary>The AVX-512 tier.</summary>
public sealed class Avx512QuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.Avx512);

/// <summary>The AVX-512 VNNI tier.</summary>
public sealed class Avx512VnniQuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.Avx512Vnni);

/// <summary>The tier of Advanced SIMD.</summary>
public sealed class NeonQuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.Neon);

/// <summary>The tier of Advanced SIMD with dot products.</summary>
public sealed class NeonDpQuantizedAttentionTests() : QuantizedAttentionComparison(KernelTier.NeonDp);

/// <summary>Compares the scalar tier with double precision over the same int8 numbers.</summary>
public sealed unsafe class QuantizedAttentionAccuracyTests
{
    [Theory]
    [InlineData(16, 1)]
    [InlineData(64, 201)]
    [InlineData(80, 66)]
    public void Attention_over_int8_is_close_to_double_precision(int headStride, int keys)
    {
        using QuantizedAttentionOperands operands = new(new Random(18), headStride, keys, queries: 1);
        AttentionHead head = operands.Head;
        ScalarKernels.AttendQuantized(head);

        double largest = 0;
        for (int channel = 0; channel < headStride; channel++)
        {
            largest = Math.Max(largest, Math.Abs(head.Query[channel]));
        }

        double[] weights = new double[keys];
        for (int position = 0; position < keys; position++)
        {
            double score = 0;
            for (int channel = 0; channel < headStride; channel++)
            {
                double query = Math.Round(head.Query[channel] * 127 / largest) * largest / 127;
                score += query * operands.Key(position, channel);
            }

            weights[position] = Math.Exp(score * head.ScoreScale);
        }

        double sum = weights.Sum();
        for (int channel = 0; channel < headStride; channel++)
        {
            double exact = 0;
            for (int position = 0; position < keys; position++)
            {
                exact += weights[position] / sum * operands.Value(position, channel);
            }

            Assert.InRange(Math.Abs(operands.Output.Span[channel] - exact), 0, 3e-5);
        }
    }
}
