using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Scalar;

namespace TinyGpt.Kernels.Tests;

/// <summary>Compares one tier with the scalar tier, bit for bit, over many seeded shapes and kinds of values.</summary>
public abstract unsafe class TierComparison(KernelTier tier)
{
    private readonly KernelSet _kernels = KernelSet.Of(tier);

    private static readonly int[] Widths = [.. Enumerable.Range(1, 130), 768, 3072];

    [Theory]
    [InlineData(WeightPrecision.Int8)]
    [InlineData(WeightPrecision.Int4)]
    public void Matrix_products_have_the_bits_of_the_scalar_tier(WeightPrecision precision)
    {
        SkipUnlessSupported();
        Random random = new(1);
        int[] tokenCounts = [.. Enumerable.Range(1, 13), 64];
        foreach (int tokens in tokenCounts)
        {
            foreach (int groups in new[] { 1, 2, 3, 5, 12 })
            {
                foreach (bool extreme in new[] { false, true })
                {
                    int columns = (groups * 64) - random.Next(64);
                    CompareProducts(random, precision, tokens, random.Next(1, 131), columns, extreme, random.Next(2) == 0);
                }
            }
        }

        CompareProducts(random, precision, 1, 48, 3072, extreme: false, hasBias: true);
        CompareProducts(random, precision, 7, 48, 3072, extreme: true, hasBias: false);
    }

    [Theory]
    [InlineData(7, 127)]
    [InlineData(7, -127)]
    [InlineData(-8, 127)]
    [InlineData(-8, -127)]
    public void Four_bit_weights_are_exact_at_the_limits_of_16_bit_sums(int weight, int activation)
    {
        SkipUnlessSupported();
        Random random = new(12);
        using MatrixBuffer weights = new(random, 16, 64, extreme: false, WeightPrecision.Int4);
        foreach (int tokens in new[] { 1, 2, 6 })
        {
            using RowBuffers rows = RowBuffers.Random(random, tokens, 1, extreme: false);
            using NativeBuffer<float> output = new(tokens * 16);
            new Span<sbyte>(rows.View.Values, tokens * 64).Fill((sbyte)activation);
            for (int i = 0; i < 16 * 64; i++)
            {
                Int4Places.Set(weights.View, i % 16, i / 16, weight);
            }

            for (int i = 0; i < 16; i++)
            {
                *weights.Scale(i, 0) = 1f;
            }

            for (int token = 0; token < tokens; token++)
            {
                rows.View.Scales[token] = 1f;
                rows.View.Sums[token] = 64 * activation;
            }

            _kernels.MultiplyPanels(weights.View, rows.View, null, output.Pointer, 16, 0, 1);
            Assert.Equal(-1, output.Span.IndexOfAnyExcept((float)(64 * weight * activation)));
        }
    }

    [Theory]
    [InlineData(WeightPrecision.Int8)]
    [InlineData(WeightPrecision.Int4)]
    public void A_range_of_panels_writes_no_other_output(WeightPrecision precision)
    {
        SkipUnlessSupported();
        Random random = new(2);
        using MatrixBuffer weights = new(random, 160, 128, extreme: false, precision);
        using RowBuffers rows = RowBuffers.Random(random, 5, 2, extreme: false);
        using NativeBuffer<float> output = new(5 * 176);
        output.Span.Fill(7f);
        using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(output);
        ScalarKernels.MultiplyPanels(weights.View, rows.View, null, expected.Pointer, 176, 3, 4);
        _kernels.MultiplyPanels(weights.View, rows.View, null, output.Pointer, 176, 3, 4);
        output.AssertSameBits(expected, "panels 3 to 6");
        Assert.Equal(7f, output.Span[(3 * 16) - 1]);
        Assert.Equal(7f, output.Span[7 * 16]);
    }

    [Fact]
    public void Quantization_has_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(3);
        for (int round = 0; round < 300; round++)
        {
            int tokens = random.Next(1, 14);
            int groups = random.Next(1, 6);
            int first = random.Next(groups);
            int count = random.Next(1, groups - first + 1);
            using RowBuffers expected = new(tokens, groups);
            using RowBuffers actual = new(tokens, groups);
            using NativeBuffer<float> source = new(groups * 64);
            for (int row = 0; row < tokens; row++)
            {
                FloatRows.Fill(random, source.Span, round);
                ScalarKernels.Quantize(source.Pointer, expected.View, row, first, count);
                _kernels.Quantize(source.Pointer, actual.View, row, first, count);
            }

            actual.AssertSameBits(expected, $"round {round}");
        }
    }

    [Fact]
    public void Halves_are_quantized_to_even_neighbours_like_the_scalar_tier()
    {
        SkipUnlessSupported();
        using NativeBuffer<float> source = new(64);
        for (int i = 0; i < 63; i++)
        {
            source.Span[i] = i - 31.5f;
        }

        source.Span[63] = 127f;
        using RowBuffers expected = new(1, 1);
        using RowBuffers actual = new(1, 1);
        ScalarKernels.Quantize(source.Pointer, expected.View, 0, 0, 1);
        _kernels.Quantize(source.Pointer, actual.View, 0, 0, 1);
        actual.AssertSameBits(expected, "halves");
        Assert.Equal(-32, actual.View.Values[0]);
        Assert.Equal(-30, actual.View.Values[1]);
    }

    [Fact]
    public void Layer_norms_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(4);
        foreach (int width in Widths)
        {
            for (int kind = 0; kind < 6; kind++)
            {
                CompareLayerNorm(random, width, kind, hasAddend: kind % 2 == 0);
                CompareLayerNorm(random, width, kind, hasAddend: kind % 2 == 1);
            }
        }
    }

    [Theory]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.GeluErf)]
    public void Gelu_has_the_bits_of_the_scalar_tier(Activation activation)
    {
        SkipUnlessSupported();
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            int tokens = random.Next(1, 8);
            int groups = random.Next(1, 13);
            using RowBuffers expected = new(tokens, groups);
            using RowBuffers actual = new(tokens, groups);
            using NativeBuffer<float> source = new(groups * 64);
            for (int row = 0; row < tokens; row++)
            {
                FloatRows.Fill(random, source.Span, round);
                ScalarKernels.ActivateQuantize(source.Pointer, activation, expected.View, row, 0, groups);
                _kernels.ActivateQuantize(source.Pointer, activation, actual.View, row, 0, groups);
            }

            actual.AssertSameBits(expected, $"round {round}");
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(112)]
    [InlineData(128)]
    public void Attention_has_the_bits_of_the_scalar_tier(int headStride)
    {
        SkipUnlessSupported();
        Random random = new(6);
        for (int keys = 1; keys <= 200; keys += keys < 70 ? 1 : 13)
        {
            for (int queries = 1; queries <= Math.Min(keys, AttentionHead.MaxQueries); queries++)
            {
                using AttentionOperands operands = new(random, headStride, keys, magnitude: keys % 3 == 0 ? 30f : 1f, queries);
                AttentionHead head = operands.Head;
                ScalarKernels.Attend(head);
                using NativeBuffer<float> expected = NativeBuffer<float>.CopyOf(operands.Output);
                operands.Output.Span.Clear();
                _kernels.Attend(head);
                operands.Output.AssertSameBits(expected, $"{queries} queries, {keys} keys");
            }
        }
    }

    [Fact]
    public void Embeddings_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(7);
        foreach (int columns in Widths)
        {
            int tokens = random.Next(1, 40);
            using MatrixBuffer embedding = new(random, tokens, columns, extreme: columns % 7 == 0);
            using NativeBuffer<float> position = new(PanelLayout.PaddedInputs(columns));
            FloatRows.Fill(random, position.Span[..columns], 0);
            using NativeBuffer<float> expected = new(position.Length);
            using NativeBuffer<float> actual = new(position.Length);
            for (int token = 0; token < tokens; token += 1 + (tokens / 4))
            {
                float* addend = token % 2 == 0 ? position.Pointer : null;
                actual.Span.Fill(3f);
                ScalarKernels.Embed(embedding.View, token, addend, expected.Pointer);
                _kernels.Embed(embedding.View, token, addend, actual.Pointer);
                actual.AssertSameBits(expected, $"{columns} columns, token {token}");
            }
        }
    }

    [Fact]
    public void The_largest_value_is_found_like_the_scalar_tier_finds_it()
    {
        SkipUnlessSupported();
        Random random = new(8);
        float[] special = [0f, -0f, 1f, 1f, float.NaN, float.NegativeInfinity, -1f, 2f];
        for (int count = 1; count <= 200; count++)
        {
            using NativeBuffer<float> values = new(count + 1);
            for (int round = 0; round < 12; round++)
            {
                for (int i = 0; i < values.Length; i++)
                {
                    values.Span[i] = round < 6 ? special[random.Next(2 + round)] : (float)random.NextDouble();
                }

                float* unaligned = values.Pointer + (round % 2);
                Assert.Equal(ScalarKernels.ArgMax(unaligned, count), _kernels.ArgMax(unaligned, count));
            }

            values.Span.Fill(float.NaN);
            Assert.Equal(0, _kernels.ArgMax(values.Pointer, count));
            values.Span[count - 1] = float.NegativeInfinity;
            Assert.Equal(count - 1, _kernels.ArgMax(values.Pointer, count));
        }
    }

    [Fact]
    public void Softmax_weights_have_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        Random random = new(9);
        for (int count = 1; count <= 150; count++)
        {
            using NativeBuffer<float> logits = new(count);
            FloatRows.Fill(random, logits.Span, count);
            logits.Span[random.Next(count)] = count % 4 == 0 ? float.NegativeInfinity : 1f;
            float maximum = logits.Span[ScalarKernels.ArgMax(logits.Pointer, count)];
            float inverse = (float)Math.Exp((random.NextDouble() * 8) - 4);
            using NativeBuffer<float> expected = new(count);
            using NativeBuffer<float> actual = new(count);
            ScalarKernels.SoftmaxWeights(logits.Pointer, count, maximum, inverse, expected.Pointer);
            _kernels.SoftmaxWeights(logits.Pointer, count, maximum, inverse, actual.Pointer);
            actual.AssertSameBits(expected, $"{count} logits");
            _kernels.SoftmaxWeights(logits.Pointer, count, maximum, inverse, logits.Pointer);
            logits.AssertSameBits(expected, $"{count} logits in place");
        }
    }

    [Fact]
    public void Every_kind_of_exponent_has_the_bits_of_the_scalar_tier()
    {
        SkipUnlessSupported();
        const int Count = 200_003;
        using NativeBuffer<float> arguments = new(Count);
        for (int i = 0; i < Count; i++)
        {
            // All bit patterns of finite floats, evenly spread.
            arguments.Span[i] = BitConverter.UInt32BitsToSingle((uint)i * 21_001u);
            arguments.Span[i] = float.IsFinite(arguments.Span[i]) ? arguments.Span[i] : (i / 1000f) - 100f;
        }

        using NativeBuffer<float> expected = new(Count);
        using NativeBuffer<float> actual = new(Count);
        ScalarKernels.SoftmaxWeights(arguments.Pointer, Count, 0f, 1f, expected.Pointer);
        _kernels.SoftmaxWeights(arguments.Pointer, Count, 0f, 1f, actual.Pointer);
        actual.AssertSameBits(expected, "exponents");
    }

    [Fact]
    public void No_operation_allocates_managed_memory()
    {
        SkipUnlessSupported();
        Random random = new(10);
        using MatrixBuffer weights = new(random, 64, 128, extreme: false);
        using MatrixBuffer int4Weights = new(random, 64, 128, extreme: false, WeightPrecision.Int4);
        using RowBuffers rows = RowBuffers.Random(random, 7, 2, extreme: false);
        using NativeBuffer<float> floats = new(7 * 128);
        using NativeBuffer<float> vector = new(128);
        using AttentionOperands operands = new(random, 64, 100, magnitude: 1f);
        using QuantizedAttentionOperands quantized = new(random, 64, 100, queries: 3);
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            _kernels.MultiplyPanels(weights.View, rows.View, null, floats.Pointer, 128, 0, 4);
            _kernels.MultiplyPanels(int4Weights.View, rows.View, null, floats.Pointer, 128, 0, 4);
            _kernels.Quantize(vector.Pointer, rows.View, 1, 0, 2);
            _kernels.ActivateQuantize(vector.Pointer, Activation.GeluErf, rows.View, 1, 0, 2);
            _kernels.AddNormalizeQuantize(
                floats.Pointer, null, 100, vector.Pointer, vector.Pointer, 1e-5f, rows.View, 0);
            _kernels.Attend(operands.Head);
            _kernels.AttendQuantized(quantized.Head);
            _kernels.QuantizeHead(vector.Pointer, 64, (sbyte*)floats.Pointer, floats.Pointer + 64);
            _kernels.Embed(weights.View, 5, null, vector.Pointer);
            _kernels.SoftmaxWeights(vector.Pointer, 100, 1f, 1f, vector.Pointer);
            _kernels.ArgMax(vector.Pointer, 100);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private void CompareProducts(
        Random random, WeightPrecision precision, int tokens, int outputs, int columns, bool extreme, bool hasBias)
    {
        using MatrixBuffer weights = new(random, outputs, columns, extreme, precision);
        using RowBuffers rows = RowBuffers.Random(random, tokens, weights.View.Groups, extreme);
        using NativeBuffer<float> bias = new(PanelLayout.PaddedOutputs(outputs));
        FloatRows.Fill(random, bias.Span, 0);
        int stride = bias.Length + random.Next(20);
        using NativeBuffer<float> expected = new(tokens * stride);
        using NativeBuffer<float> actual = new(tokens * stride);
        float* biasPointer = hasBias ? bias.Pointer : null;
        ScalarKernels.MultiplyPanels(weights.View, rows.View, biasPointer, expected.Pointer, stride, 0, weights.View.Panels);
        _kernels.MultiplyPanels(weights.View, rows.View, biasPointer, actual.Pointer, stride, 0, weights.View.Panels);
        actual.AssertSameBits(expected, $"{precision}, {tokens} × {outputs} × {columns}");
    }

    private void CompareLayerNorm(Random random, int width, int kind, bool hasAddend)
    {
        int padded = PanelLayout.PaddedInputs(width);
        using NativeBuffer<float> residual = new(padded);
        using NativeBuffer<float> addend = new(padded);
        using NativeBuffer<float> gain = new(padded);
        using NativeBuffer<float> bias = new(padded);
        FloatRows.Fill(random, residual.Span[..width], kind);
        FloatRows.Fill(random, addend.Span[..width], kind);
        FloatRows.Fill(random, gain.Span[..width], 0);
        FloatRows.Fill(random, bias.Span[..width], 0);
        using NativeBuffer<float> expectedResidual = NativeBuffer<float>.CopyOf(residual);
        using RowBuffers expected = new(3, padded / 64);
        using RowBuffers actual = new(3, padded / 64);
        float* added = hasAddend ? addend.Pointer : null;
        ScalarKernels.AddNormalizeQuantize(
            expectedResidual.Pointer, added, width, gain.Pointer, bias.Pointer, 1e-5f, expected.View, 1);
        _kernels.AddNormalizeQuantize(residual.Pointer, added, width, gain.Pointer, bias.Pointer, 1e-5f, actual.View, 1);
        residual.AssertSameBits(expectedResidual, $"width {width}, kind {kind}, residual");
        actual.AssertSameBits(expected, $"width {width}, kind {kind}");
    }

    private void SkipUnlessSupported() =>
        Assert.SkipUnless(_kernels.IsSupported, $"This processor has no {KernelTiers.Name(_kernels.Tier)} tier.");
}

/// <summary>The AVX2 tier.</summary>
public sealed class Avx2TierTests() : TierComparison(KernelTier.Avx2);

/// <summary>The AVX-VNNI tier.</summary>
public sealed class AvxVnniTierTests() : TierComparison(KernelTier.AvxVnni);

/// <summary>The AVX-512 tier.</summary>
public sealed class Avx512TierTests() : TierComparison(KernelTier.Avx512);

/// <summary>The AVX-512 VNNI tier.</summary>
public sealed class Avx512VnniTierTests() : TierComparison(KernelTier.Avx512Vnni);

/// <summary>The tier of Advanced SIMD.</summary>
public sealed class NeonTierTests() : TierComparison(KernelTier.Neon);

/// <summary>The tier of Advanced SIMD with dot products.</summary>
public sealed class NeonDpTierTests() : TierComparison(KernelTier.NeonDp);
