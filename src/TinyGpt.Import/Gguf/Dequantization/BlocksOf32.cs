using System.Buffers.Binary;

namespace TinyGpt.Import.Gguf.Dequantization;

/// <summary>
/// Blocks of 32 weights with one binary16 scale d, and in two of the types one binary16 minimum m: a weight is d·q or d·q + m. The
/// lower nibbles of 16 bytes are the first 16 weights, the upper ones the last 16; a fifth bit is in a separate word, bit i for
/// weight i.
/// </summary>
internal static class BlocksOf32
{
    public const int Weights = 32;
    public const int BytesOfQ80 = ScaleBytes + Weights;
    public const int BytesOfQ40 = ScaleBytes + NibbleBytes;
    public const int BytesOfQ41 = (2 * ScaleBytes) + NibbleBytes;
    public const int BytesOfQ50 = ScaleBytes + FifthBitBytes + NibbleBytes;
    public const int BytesOfQ51 = (2 * ScaleBytes) + FifthBitBytes + NibbleBytes;

    private const int ScaleBytes = 2;
    private const int NibbleBytes = Weights / 2;
    private const int FifthBitBytes = Weights / 8;

    /// <summary>Q8_0: d, then 32 int8.</summary>
    public static void ReadQ80(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ80..], target = target[Weights..])
        {
            float scale = ReadHalf(blocks);
            for (int i = 0; i < Weights; i++)
            {
                target[i] = scale * (sbyte)blocks[ScaleBytes + i];
            }
        }
    }

    /// <summary>Q4_0: d, then nibbles that mean -8 … 7.</summary>
    public static void ReadQ40(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ40..], target = target[Weights..])
        {
            ReadNibbles(blocks[ScaleBytes..], fifthBits: 0, subtracted: 8, ReadHalf(blocks), minimum: 0, target);
        }
    }

    /// <summary>Q4_1: d, m, then nibbles.</summary>
    public static void ReadQ41(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ41..], target = target[Weights..])
        {
            ReadNibbles(blocks[(2 * ScaleBytes)..], fifthBits: 0, subtracted: 0, ReadHalf(blocks), ReadHalf(blocks[ScaleBytes..]), target);
        }
    }

    /// <summary>Q5_0: d, the fifth bits, then nibbles; together they mean -16 … 15.</summary>
    public static void ReadQ50(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ50..], target = target[Weights..])
        {
            uint fifthBits = BinaryPrimitives.ReadUInt32LittleEndian(blocks[ScaleBytes..]);
            ReadNibbles(blocks[(ScaleBytes + FifthBitBytes)..], fifthBits, subtracted: 16, ReadHalf(blocks), minimum: 0, target);
        }
    }

    /// <summary>Q5_1: d, m, the fifth bits, then nibbles.</summary>
    public static void ReadQ51(ReadOnlySpan<byte> blocks, Span<float> target)
    {
        for (; target.Length > 0; blocks = blocks[BytesOfQ51..], target = target[Weights..])
        {
            ReadOnlySpan<byte> behindScales = blocks[(2 * ScaleBytes)..];
            uint fifthBits = BinaryPrimitives.ReadUInt32LittleEndian(behindScales);
            ReadNibbles(
                behindScales[FifthBitBytes..], fifthBits, subtracted: 0, ReadHalf(blocks), ReadHalf(blocks[ScaleBytes..]), target);
        }
    }

    /// <summary>The binary16 number at the start.</summary>
    public static float ReadHalf(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void ReadNibbles(
        ReadOnlySpan<byte> nibbles, uint fifthBits, int subtracted, float scale, float minimum, Span<float> target)
    {
        for (int i = 0; i < NibbleBytes; i++)
        {
            int low = (nibbles[i] & 15) | (FifthBit(fifthBits, i) << 4);
            int high = (nibbles[i] >> 4) | (FifthBit(fifthBits, i + NibbleBytes) << 4);
            target[i] = (scale * (low - subtracted)) + minimum;
            target[i + NibbleBytes] = (scale * (high - subtracted)) + minimum;
        }
    }

    private static int FifthBit(uint bits, int index) => (int)(bits >> index) & 1;
}
