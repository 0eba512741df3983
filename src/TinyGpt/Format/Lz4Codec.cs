using System.Buffers.Binary;

namespace TinyGpt.Format;

/// <summary>
/// LZ4 blocks (no frames), in the names and signatures of K4os.Compression.LZ4's <c>LZ4Codec</c>. Everything is bounds-checked: no
/// input, however damaged, makes it read or write outside the spans that it was given. Thread-safe: there is no shared state.
/// </summary>
public static class Lz4Codec
{
    /// <summary>The most bytes that one block can hold uncompressed, by the format's own limit.</summary>
    public const int LargestBlock = 0x7E000000;

    private const int SmallestMatch = 4;
    private const int LargestOffset = ushort.MaxValue;

    // The block format's end rules: the last 5 bytes are literals, and the last match starts at least 12 bytes before the end.
    private const int LastLiterals = 5;
    private const int LastMatchDistance = 12;

    private const int HashBits = 13;
    private const int SearchesBeforeStepGrows = 64;
    private const int NibbleLimit = 15;

    /// <summary>The most bytes that <see cref="Encode"/> can need for an input.</summary>
    /// <param name="length">The input's length in bytes, 0 … <see cref="LargestBlock"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is outside that range.</exception>
    public static int MaximumOutputSize(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, LargestBlock);
        return length + (length / 255) + 16;
    }

    /// <summary>Compresses one block, fast rather than small.</summary>
    /// <param name="source">What to compress, up to <see cref="LargestBlock"/> bytes. An empty source makes the one-byte empty block.</param>
    /// <param name="target">Takes the block; <see cref="MaximumOutputSize"/> bytes are always enough. May not overlap the source.</param>
    /// <returns>The block's length in bytes, or -1 if it does not fit into the target.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The source is longer than a block can hold.</exception>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(source.Length, LargestBlock, nameof(source));
        Span<int> lastSeen = stackalloc int[1 << HashBits];
        lastSeen.Clear();
        int lastMatchStart = source.Length - LastMatchDistance;
        int written = 0;
        int literalStart = 0;
        int position = 1;
        int searches = SearchesBeforeStepGrows;
        while (position <= lastMatchStart)
        {
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(source[position..]);
            ref int slot = ref lastSeen[Hash(word)];
            int candidate = slot;
            slot = position;
            if (candidate >= position || position - candidate > LargestOffset
                || BinaryPrimitives.ReadUInt32LittleEndian(source[candidate..]) != word)
            {
                // What does not compress is crossed in growing steps.
                position += searches++ / SearchesBeforeStepGrows;
                continue;
            }

            int offset = position - candidate;
            while (position > literalStart && candidate > 0 && source[position - 1] == source[candidate - 1])
            {
                position--;
                candidate--;
            }

            int matchLength = source[position..^LastLiterals].CommonPrefixLength(source[candidate..]);
            if (!WriteSequence(target, ref written, source[literalStart..position], offset, matchLength))
            {
                return -1;
            }

            position += matchLength;
            literalStart = position;
            searches = SearchesBeforeStepGrows;
            if (position <= lastMatchStart)
            {
                lastSeen[Hash(BinaryPrimitives.ReadUInt32LittleEndian(source[(position - 2)..]))] = position - 2;
            }
        }

        return WriteSequence(target, ref written, source[literalStart..], offset: 0, matchLength: 0) ? written : -1;
    }

    /// <summary>Decompresses one block.</summary>
    /// <param name="source">A whole block, and nothing behind it.</param>
    /// <param name="target">Takes the content; may be longer than that, may not overlap the source.</param>
    /// <returns>
    /// The content's length in bytes, or -1 if the block is malformed, truncated, or longer than the target. After a failure the
    /// target holds nothing of use.
    /// </returns>
    public static int Decode(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int read = 0;
        int written = 0;
        while (read < source.Length)
        {
            int token = source[read++];
            int literals = token >> 4;
            if (!ReadLongLength(source, ref read, ref literals) || literals > source.Length - read || literals > target.Length - written)
            {
                return -1;
            }

            source.Slice(read, literals).CopyTo(target[written..]);
            read += literals;
            written += literals;
            if (read == source.Length)
            {
                // Only the last sequence has no match.
                return written;
            }

            if (source.Length - read < sizeof(ushort))
            {
                return -1;
            }

            int offset = BinaryPrimitives.ReadUInt16LittleEndian(source[read..]);
            read += sizeof(ushort);
            int match = token & NibbleLimit;
            if (offset == 0 || offset > written || !ReadLongLength(source, ref read, ref match)
                || match > target.Length - written - SmallestMatch)
            {
                return -1;
            }

            match += SmallestMatch;
            CopyMatch(target, written, offset, match);
            written += match;
        }

        // An empty source, or a block that ends with a match.
        return -1;
    }

    private static int Hash(uint word) => (int)((word * 2654435761u) >> (32 - HashBits));

    private static bool WriteSequence(Span<byte> target, ref int written, ReadOnlySpan<byte> literals, int offset, int matchLength)
    {
        bool last = offset == 0;
        int matchCode = last ? 0 : matchLength - SmallestMatch;
        long needed = 1L + LongLengthBytes(literals.Length) + literals.Length + (last ? 0 : sizeof(ushort) + LongLengthBytes(matchCode));
        if (needed > target.Length - written)
        {
            return false;
        }

        target[written++] = (byte)((Math.Min(literals.Length, NibbleLimit) << 4) | Math.Min(matchCode, NibbleLimit));
        WriteLongLength(target, ref written, literals.Length);
        literals.CopyTo(target[written..]);
        written += literals.Length;
        if (!last)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(target[written..], (ushort)offset);
            written += sizeof(ushort);
            WriteLongLength(target, ref written, matchCode);
        }

        return true;
    }

    private static int LongLengthBytes(int length) => length < NibbleLimit ? 0 : ((length - NibbleLimit) / 255) + 1;

    private static void WriteLongLength(Span<byte> target, ref int written, int length)
    {
        if (length < NibbleLimit)
        {
            return;
        }

        int rest = length - NibbleLimit;
        int full = rest / 255;
        target.Slice(written, full).Fill(255);
        written += full;
        target[written++] = (byte)(rest % 255);
    }

    private static bool ReadLongLength(ReadOnlySpan<byte> source, ref int read, ref int length)
    {
        if (length < NibbleLimit)
        {
            return true;
        }

        byte next;
        do
        {
            if (read == source.Length || length > LargestBlock)
            {
                return false;
            }

            next = source[read++];
            length += next;
        }
        while (next == 255);
        return true;
    }

    /// <summary>Copies a match. Where it overlaps itself, the period so far is doubled until it is long enough.</summary>
    private static void CopyMatch(Span<byte> target, int written, int offset, int length)
    {
        int start = written - offset;
        while (length > 0)
        {
            int count = Math.Min(length, written - start);
            target.Slice(start, count).CopyTo(target[written..]);
            written += count;
            length -= count;
        }
    }
}
