using System.Buffers.Binary;

namespace TinyGpt.Import.Tests.Gguf;

/// <summary>
/// Writes the blocks of ggml's quantized types from their values: the other direction than the product's, one bit field
/// after the other.
/// </summary>
internal static class BlockWriter
{
    public static byte[] Q80(Half scale, ReadOnlySpan<int> quantized)
    {
        byte[] block = new byte[34];
        BinaryPrimitives.WriteHalfLittleEndian(block, scale);
        for (int i = 0; i < 32; i++)
        {
            block[2 + i] = (byte)(sbyte)quantized[i];
        }

        return block;
    }

    /// <summary>Q4_0, Q4_1, Q5_0 and Q5_1: with or without a minimum and fifth bits; quantized numbers are 0 … 15 or 31.</summary>
    public static byte[] Of32(Half scale, Half? minimum, bool fifthBits, ReadOnlySpan<int> quantized)
    {
        List<byte> block = [.. Bytes(scale)];
        if (minimum is { } number)
        {
            block.AddRange(Bytes(number));
        }

        if (fifthBits)
        {
            uint bits = 0;
            for (int i = 0; i < 32; i++)
            {
                bits |= (uint)(quantized[i] / 16) << i;
            }

            block.AddRange(BitConverter.GetBytes(bits));
        }

        for (int i = 0; i < 16; i++)
        {
            block.Add((byte)((quantized[i] % 16) + (quantized[i + 16] % 16 * 16)));
        }

        return [.. block];
    }

    /// <summary>Q4_K and Q5_K: eight scales and minima of 0 … 63, 256 quantized numbers of 0 … 15 or 31.</summary>
    public static byte[] OfEightScales(
        Half scale, Half minimum, ReadOnlySpan<int> scales, ReadOnlySpan<int> minima, bool fifthBits, ReadOnlySpan<int> quantized)
    {
        byte[] packed = new byte[12];
        for (int i = 0; i < 4; i++)
        {
            packed[i] = (byte)(scales[i] + (scales[i + 4] / 16 * 64));
            packed[i + 4] = (byte)(minima[i] + (minima[i + 4] / 16 * 64));
            packed[i + 8] = (byte)((scales[i + 4] % 16) + (minima[i + 4] % 16 * 16));
        }

        byte[] upper = new byte[fifthBits ? 32 : 0];
        byte[] nibbles = new byte[128];
        for (int i = 0; i < 256; i++)
        {
            nibbles[(i / 64 * 32) + (i % 32)] |= (byte)(quantized[i] % 16 << (i / 32 % 2 * 4));
            if (fifthBits)
            {
                upper[i % 32] |= (byte)(quantized[i] / 16 << (i / 32));
            }
        }

        return [.. Bytes(scale), .. Bytes(minimum), .. packed, .. upper, .. nibbles];
    }

    /// <summary>Q6_K: sixteen int8 scales, 256 quantized numbers of 0 … 63.</summary>
    public static byte[] Q6K(Half scale, ReadOnlySpan<int> scales, ReadOnlySpan<int> quantized)
    {
        byte[] lower = new byte[128];
        byte[] upper = new byte[64];
        for (int i = 0; i < 256; i++)
        {
            int half = i / 128;
            int run = i % 128 / 32;
            int at = i % 32;
            lower[(half * 64) + (run % 2 * 32) + at] |= (byte)(quantized[i] % 16 << (run >= 2 ? 4 : 0));
            upper[(half * 32) + at] |= (byte)(quantized[i] / 16 << (2 * run));
        }

        byte[] signed = new byte[16];
        for (int i = 0; i < 16; i++)
        {
            signed[i] = (byte)(sbyte)scales[i];
        }

        return [.. lower, .. upper, .. signed, .. Bytes(scale)];
    }

    private static byte[] Bytes(Half number)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteHalfLittleEndian(bytes, number);
        return bytes;
    }
}
