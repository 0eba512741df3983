using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace TinyGpt.Format;

/// <summary>LZ4 blocks (no frames) of a known length: K4os.Compression.LZ4, with one more check that it does not make.</summary>
internal static class Lz4Block
{
    /// <summary>The most bytes that one block can hold uncompressed, by the format's own limit.</summary>
    public const int MaxLength = 0x7E000000;

    private const int NibbleLimit = 15;

    /// <summary>Decompresses one block. Reads and writes nothing outside the spans, however damaged the block is.</summary>
    /// <param name="block">A whole block, and nothing after it.</param>
    /// <param name="content">Takes the content, which must fill it.</param>
    /// <returns>Whether the block is well formed and has exactly that length. After a failure the content is of no use.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> block, Span<byte> content) =>
        !block.IsEmpty && LZ4Codec.Decode(block, content) == content.Length && !HasZeroOffset(block);

    /// <summary>
    /// Whether a match of a well-formed block is at offset 0. The format forbids it, but the reference decoder and its ports copy
    /// whatever the target held before, so that the content would depend on more than the block.
    /// </summary>
    private static bool HasZeroOffset(ReadOnlySpan<byte> block)
    {
        int read = 0;
        while (true)
        {
            int token = block[read++];
            int literals = ReadLength(block, ref read, token >> 4);
            read += literals;
            if (read >= block.Length)
            {
                // Only the last sequence has no match.
                return false;
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(block[read..]) == 0)
            {
                return true;
            }

            read += sizeof(ushort);
            ReadLength(block, ref read, token & NibbleLimit);
        }
    }

    private static int ReadLength(ReadOnlySpan<byte> block, ref int read, int length)
    {
        if (length == NibbleLimit)
        {
            byte next;
            do
            {
                next = block[read++];
                length += next;
            }
            while (next == byte.MaxValue);
        }

        return length;
    }
}
