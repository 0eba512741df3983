using System.Runtime.InteropServices;

namespace TinyGpt.Import.Gguf.Dequantization;

/// <summary>Numbers that are not quantized: each is a block. Every conversion is exact.</summary>
internal static class PlainNumbers
{
    /// <summary>float32.</summary>
    public static void ReadF32(ReadOnlySpan<byte> numbers, Span<float> target) => numbers.CopyTo(MemoryMarshal.AsBytes(target));

    /// <summary>IEEE 754 binary16.</summary>
    public static void ReadF16(ReadOnlySpan<byte> numbers, Span<float> target)
    {
        ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(numbers);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (float)halves[i];
        }
    }

    /// <summary>bfloat16: the upper half of a float32.</summary>
    public static void ReadBF16(ReadOnlySpan<byte> numbers, Span<float> target)
    {
        ReadOnlySpan<ushort> halves = MemoryMarshal.Cast<byte, ushort>(numbers);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
        }
    }
}
