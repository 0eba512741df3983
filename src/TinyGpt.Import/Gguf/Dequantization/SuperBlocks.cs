namespace TinyGpt.Import.Gguf.Dequantization;

/// <summary>
/// Blocks of 256 weights in sub-blocks whose scales are themselves quantized ("K-quants"). In Q4_K and Q5_K each of eight sub-blocks of
/// 32 has a scale and a minimum of six bits, and a weight is (d·scale)·q - (dmin·minimum); in Q6_K each of sixteen sub-blocks of 16 has
/// an int8 scale, and a weight is (d·scale)·(q - 32).
/// </summary>
internal static class SuperBlocks
{
    public const int Weights = 256;
    public const int BytesOfQ4K = ScalesAt + ScaleBytes + (Weights / 2);
    public const int BytesOfQ5K = BytesOfQ4K + (Weights / 8);
    public const int BytesOfQ6K = (Weights / 2) + (Weights / 4) + (Weights / 16) + 2;

    // d and dmin, then scales and minima of six bits each.
    private const int ScalesAt = 4;
    private const int ScaleBytes = 12;
    private const int SubBlock = 32;

    /// <summary>Q4_K: d, dmin, scales, then nibbles.</summary>
    public static void ReadQ4K(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ4K..], target = target[Weights..])
        {
            ReadFourOrFiveBits(blocks, fifthBits: default, nibbles: blocks[(ScalesAt + ScaleBytes)..], target);
        }
    }

    /// <summary>Q5_K: d, dmin, scales, fifth bits, then nibbles.</summary>
    public static void ReadQ5K(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ5K..], target = target[Weights..])
        {
            ReadOnlySpan<byte> fifthBits = blocks.Slice(ScalesAt + ScaleBytes, Weights / 8);
            ReadFourOrFiveBits(blocks, fifthBits, nibbles: blocks[(ScalesAt + ScaleBytes + fifthBits.Length)..], target);
        }
    }

    /// <summary>
    /// Q6_K: lower nibbles, upper pairs of bits, scales, d. Each half of 128 weights takes 64 bytes of nibbles and 32 bytes of pairs.
    /// Of its four runs of 32 weights, run r has its nibbles in bytes 32·(r mod 2) …, the lower ones for r &lt; 2 and the upper ones
    /// beyond, and its pairs at bit 2r of each byte.
    /// </summary>
    public static void ReadQ6K(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        const int Half = Weights / 2;
        const int Run = 32;
        const int WeightsPerScale = 16;
        for (; target.Length > 0; blocks = blocks[BytesOfQ6K..], target = target[Weights..])
        {
            ReadOnlySpan<byte> scales = blocks[(Half + (Half / 2))..];
            float blockScale = BlocksOf32.ReadHalf(scales[(Weights / WeightsPerScale)..]);
            for (int first = 0; first < Weights; first += Run)
            {
                (int half, int run) = Math.DivRem(first / Run, Half / Run);
                ReadOnlySpan<byte> nibbles = blocks.Slice((half * (Half / 2)) + (run % 2 * Run), Run);
                ReadOnlySpan<byte> pairs = blocks.Slice(Half + (half * (Half / 4)), Run);
                for (int i = 0; i < Run; i++)
                {
                    int quantized = ((nibbles[i] >> (run / 2 * 4)) & 15) | (((pairs[i] >> (2 * run)) & 3) << 4);
                    float scale = blockScale * (sbyte)scales[(first + i) / WeightsPerScale];
                    target[first + i] = scale * (quantized - 32);
                }
            }
        }
    }

    /// <summary>
    /// Sub-blocks 2p and 2p + 1 share 32 bytes: the lower nibbles are the one's, the upper ones the other's. The fifth bit of weight i of
    /// sub-block s is bit s of byte i.
    /// </summary>
    private static void ReadFourOrFiveBits(
        ReadOnlySpan<byte> block, ReadOnlySpan<byte> fifthBits, ReadOnlySpan<byte> nibbles, Span<float> target)
    {
        float blockScale = BlocksOf32.ReadHalf(block);
        float blockMinimum = BlocksOf32.ReadHalf(block[2..]);
        for (int subBlock = 0; subBlock < Weights / SubBlock; subBlock++)
        {
            (int scaleBits, int minimumBits) = SixBits(block.Slice(ScalesAt, ScaleBytes), subBlock);
            float scale = blockScale * scaleBits;
            float minimum = blockMinimum * minimumBits;
            ReadOnlySpan<byte> bytes = nibbles.Slice(subBlock / 2 * SubBlock, SubBlock);
            int shift = subBlock % 2 * 4;
            for (int i = 0; i < SubBlock; i++)
            {
                int quantized = (bytes[i] >> shift) & 15;
                if (!fifthBits.IsEmpty)
                {
                    quantized |= ((fifthBits[i] >> subBlock) & 1) << 4;
                }

                target[(subBlock * SubBlock) + i] = (scale * quantized) - minimum;
            }
        }
    }

    /// <summary>
    /// Bytes 0 … 3 and 4 … 7 hold scales and minima of the first four sub-blocks in their lower six bits. Bytes 8 … 11 hold the lower
    /// nibbles of those of the last four, whose upper two bits are the upper ones of bytes 0 … 7.
    /// </summary>
    private static (int Scale, int Minimum) SixBits(ReadOnlySpan<byte> packed, int subBlock) => subBlock < 4
        ? (packed[subBlock] & 63, packed[subBlock + 4] & 63)
        : ((packed[subBlock + 4] & 15) | (packed[subBlock - 4] >> 6 << 4), (packed[subBlock + 4] >> 4) | (packed[subBlock] >> 6 << 4));
}
