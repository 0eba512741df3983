using TinyGpt.Import.Gguf;
using TinyGpt.Import.Gguf.Dequantization;
using Xunit;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>Blocks whose numbers are known, and what the formulas of their types make of them in float64.</summary>
public sealed class DequantizationTests
{
    // Two roundings of float32, relative to the terms and not to their sum, which may cancel.
    private const double Rounding = 2.4e-7;

    /// <summary>Scales as they may be, up to the ends of binary16: zero, the smallest and largest, both signs.</summary>
    public static TheoryData<float> Scales => [0.0123f, -0.75f, 0, 65504, -65504, 5.9604645e-8f, 6.1e-5f];

    [Theory]
    [MemberData(nameof(Scales))]
    public void Q8_0_is_scale_times_number(float scale)
    {
        int[] quantized = Numbers(32, -128, 127, seed: 1);
        Check(BlocksOf32.ReadQ80, BlockWriter.Q80((Half)scale, quantized), quantized, i => ((double)(Half)scale * quantized[i], 0));
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Q4_0_and_Q5_0_are_scale_times_number_less_half_of_the_range(float scale)
    {
        double exact = (double)(Half)scale;
        int[] four = Numbers(32, 0, 15, seed: 2);
        Check(BlocksOf32.ReadQ40, BlockWriter.Of32((Half)scale, null, false, four), four, i => (exact * (four[i] - 8), 0));
        int[] five = Numbers(32, 0, 31, seed: 3);
        Check(BlocksOf32.ReadQ50, BlockWriter.Of32((Half)scale, null, true, five), five, i => (exact * (five[i] - 16), 0));
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Q4_1_and_Q5_1_are_scale_times_number_plus_minimum(float scale)
    {
        Half minimum = (Half)(-3.3f);
        double exact = (double)(Half)scale;
        int[] four = Numbers(32, 0, 15, seed: 4);
        Check(BlocksOf32.ReadQ41, BlockWriter.Of32((Half)scale, minimum, false, four), four, i => (exact * four[i], (double)minimum));
        int[] five = Numbers(32, 0, 31, seed: 5);
        Check(BlocksOf32.ReadQ51, BlockWriter.Of32((Half)scale, minimum, true, five), five, i => (exact * five[i], (double)minimum));
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Q4_K_and_Q5_K_are_two_scales_times_number_less_two_minima(float scale)
    {
        Half minimum = (Half)0.031f;
        double exact = (double)(Half)scale;
        for (int seed = 0; seed < 20; seed++)
        {
            int[] scales = Numbers(8, 0, 63, seed + 100);
            int[] minima = Numbers(8, 0, 63, seed + 200);
            int[] four = Numbers(256, 0, 15, seed + 300);
            byte[] block = BlockWriter.OfEightScales((Half)scale, minimum, scales, minima, false, four);
            Assert.Equal(144, block.Length);
            Check(SuperBlocks.ReadQ4K, block, four, i => (exact * scales[i / 32] * four[i], -(double)minimum * minima[i / 32]));

            int[] five = Numbers(256, 0, 31, seed + 400);
            block = BlockWriter.OfEightScales((Half)scale, minimum, scales, minima, true, five);
            Assert.Equal(176, block.Length);
            Check(SuperBlocks.ReadQ5K, block, five, i => (exact * scales[i / 32] * five[i], -(double)minimum * minima[i / 32]));
        }
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Q6_K_is_two_scales_times_number_less_32(float scale)
    {
        double exact = (double)(Half)scale;
        for (int seed = 0; seed < 20; seed++)
        {
            int[] scales = Numbers(16, -128, 127, seed + 500);
            int[] quantized = Numbers(256, 0, 63, seed + 600);
            byte[] block = BlockWriter.Q6K((Half)scale, scales, quantized);
            Assert.Equal(210, block.Length);
            Check(SuperBlocks.ReadQ6K, block, quantized, i => (exact * scales[i / 16] * (quantized[i] - 32), 0));
        }
    }

    /// <summary>
    /// Bytes and numbers worked out by hand. In the Q4_K block d is 0.5 and dmin 0.25; the scales are 1, 2, 3, 4, 17, 34, 51, 63 and the
    /// minima 0, 1, 2, 3, 16, 33, 50, 63; every byte of nibbles is 0x52.
    /// </summary>
    [Fact]
    public void A_block_of_Q4_K_written_by_hand_reads_as_worked_out_by_hand()
    {
        byte[] block =
        [
            0x00, 0x38, 0x00, 0x34,
            0x41, 0x82, 0xC3, 0xC4, 0x40, 0x81, 0xC2, 0xC3, 0x01, 0x12, 0x23, 0xFF,
            .. Enumerable.Repeat((byte)0x52, 128),
        ];
        float[] numbers = new float[256];
        SuperBlocks.ReadQ4K(block, numbers);
        float[] firsts = [1, 4.75f, 2.5f, 9.25f, 13, 76.75f, 38.5f, 141.75f];
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal(firsts[i / 32], numbers[i]);
        }
    }

    [Fact]
    public void Several_blocks_lie_one_behind_the_other()
    {
        int[] first = Numbers(32, -128, 127, seed: 7);
        int[] second = Numbers(32, -128, 127, seed: 8);
        float[] numbers = new float[64];
        BlocksOf32.ReadQ80([.. BlockWriter.Q80((Half)2, first), .. BlockWriter.Q80((Half)0.5f, second)], numbers);
        Assert.Equal([.. first.Select(number => 2f * number), .. second.Select(number => 0.5f * number)], numbers);
    }

    [Fact]
    public void Numbers_that_are_not_quantized_are_exact()
    {
        float[] floats = [1.5f, -0f, float.MaxValue, float.Epsilon];
        float[] target = new float[4];
        PlainNumbers.ReadF32([.. floats.SelectMany(BitConverter.GetBytes)], target);
        Assert.Equal(floats.Select(BitConverter.SingleToUInt32Bits), target.Select(BitConverter.SingleToUInt32Bits));

        Half[] halves = [(Half)1.5f, Half.Epsilon, Half.MinValue, Half.NegativeZero];
        PlainNumbers.ReadF16([.. halves.SelectMany(BitConverter.GetBytes)], target);
        Assert.Equal([1.5f, 5.9604645e-8f, -65504f, -0f], target);

        PlainNumbers.ReadBF16([0x80, 0x3F, 0x00, 0xC0, 0x01, 0x00, 0x7F, 0x7F], target);
        Assert.Equal([1f, -2f, 9.1835e-41f, 3.3895314e38f], target);
    }

    [Fact]
    public void A_round_trip_through_Q8_0_loses_half_a_step_at_most()
    {
        float[] original = Normal(32 * 50, seed: 9);
        float[] back = new float[original.Length];
        List<byte> blocks = [];
        foreach (float[] block in original.Chunk(32))
        {
            Half scale = (Half)(block.Max(MathF.Abs) / 127);
            blocks.AddRange(BlockWriter.Q80(scale, [.. block.Select(number => (int)MathF.Round(number / (float)scale))]));
        }

        BlocksOf32.ReadQ80([.. blocks], back);
        for (int i = 0; i < original.Length; i++)
        {
            float step = original.AsSpan(i / 32 * 32, 32).ToArray().Max(MathF.Abs) / 127;
            Assert.InRange(MathF.Abs(back[i] - original[i]), 0, step * 0.57f); // The scale itself is rounded to binary16.
        }
    }

    [Fact]
    public void A_round_trip_through_Q4_0_loses_half_a_step_at_most_below_the_largest_number()
    {
        float[] original = Normal(32 * 50, seed: 10);
        float[] back = new float[original.Length];
        List<byte> blocks = [];
        foreach (float[] block in original.Chunk(32))
        {
            // The number of the largest magnitude becomes -8, whatever its sign.
            Half scale = (Half)(block.MaxBy(MathF.Abs) / -8);
            blocks.AddRange(BlockWriter.Of32(
                scale, null, false, [.. block.Select(number => Math.Clamp((int)MathF.Round(number / (float)scale) + 8, 0, 15))]));
        }

        BlocksOf32.ReadQ40([.. blocks], back);
        for (int i = 0; i < original.Length; i++)
        {
            float step = original.AsSpan(i / 32 * 32, 32).ToArray().Max(MathF.Abs) / 8;
            Assert.InRange(MathF.Abs(back[i] - original[i]), 0, step * 1.01f); // +8 does not exist: it becomes 7.
        }
    }

    [Fact]
    public void Any_bytes_are_a_block_and_no_reader_looks_beyond_its_own()
    {
        Random random = new(11);
        foreach (uint id in new uint[] { 0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 30 })
        {
            GgufType type = GgufType.Find(id)!;
            for (int trial = 0; trial < 200; trial++)
            {
                byte[] blocks = new byte[3 * type.BlockBytes];
                random.NextBytes(blocks);
                float[] numbers = new float[3 * type.BlockWeights];
                type.Read(blocks, numbers);
                float[] middle = new float[type.BlockWeights];
                type.Read(blocks.AsSpan(type.BlockBytes, type.BlockBytes), middle);
                Assert.Equal(
                    middle.Select(BitConverter.SingleToUInt32Bits),
                    numbers.Skip(type.BlockWeights).Take(type.BlockWeights).Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    private static void Check(BlockReader read, byte[] block, int[] quantized, Func<int, (double Product, double Added)> expected)
    {
        float[] numbers = new float[quantized.Length];
        read(block, numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            (double product, double added) = expected(i);
            double error = Math.Abs(numbers[i] - (product + added));
            Assert.True(error <= Rounding * (Math.Abs(product) + Math.Abs(added)), $"{i}: {numbers[i]}, not {product + added}");
        }
    }

    private static int[] Numbers(int count, int smallest, int largest, int seed)
    {
        Random random = new(seed);
        int[] numbers = [.. Enumerable.Range(0, count).Select(_ => random.Next(smallest, largest + 1))];
        (numbers[0], numbers[^1]) = (smallest, largest);
        return numbers;
    }

    private static float[] Normal(int count, int seed)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(
            _ => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))];
    }
}
