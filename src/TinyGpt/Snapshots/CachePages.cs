using System.Buffers.Binary;
using System.Runtime.InteropServices;
using TinyGpt.Cache;
using TinyGpt.Format;
using TinyGpt.Kernels;

namespace TinyGpt.Snapshots;

/// <summary>
/// The keys and values of a sequence, as blocks of one page and one layer: an int32 length, then so many bytes. A block's floats
/// (keys of all heads, then values of all heads, only the positions in use) are split into four planes, all lowest bytes first, so
/// that the exponents lie together, and compressed with LZ4; a block that does not shrink is stored as its planes.
/// </summary>
internal sealed unsafe class CachePages
{
    private readonly KvArena _arena;
    private readonly KvSequence _sequence;
    private readonly float[] _floats;
    private readonly byte[] _planes;
    private readonly byte[] _stored;

    public CachePages(KvArena arena, KvSequence sequence)
    {
        _arena = arena;
        _sequence = sequence;
        int largest = checked((int)arena.LayerBytes);
        _floats = new float[largest / sizeof(float)];
        _planes = new byte[largest];
        _stored = new byte[Lz4Codec.MaximumOutputSize(largest)];
    }

    public void Write(HashedStream stream, int positions)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (int page = 0; page * AttentionHead.PositionsPerPage < positions; page++)
        {
            int used = Math.Min(AttentionHead.PositionsPerPage, positions - (page * AttentionHead.PositionsPerPage));
            for (int layer = 0; layer < _arena.Layers; layer++)
            {
                Span<float> floats = Floats(used);
                Copy(page, layer, used, toCache: false);
                Span<byte> planes = _planes.AsSpan(0, floats.Length * sizeof(float));
                Split(MemoryMarshal.AsBytes(floats), planes);
                int encoded = Lz4Codec.Encode(planes, _stored);
                ReadOnlySpan<byte> block = encoded > 0 && encoded < planes.Length ? _stored.AsSpan(0, encoded) : planes;
                BinaryPrimitives.WriteInt32LittleEndian(length, block.Length);
                stream.Write(length);
                stream.Write(block);
            }
        }
    }

    /// <summary>Reads keys and values into pages of the sequence's own.</summary>
    /// <returns>How many positions were read: all, or none if the arena has no pages for them and they must be computed again.</returns>
    public int Read(HashedStream stream, int positions, string name)
    {
        bool hasPages = _sequence.TryReserve(positions, out _, out _);
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (int page = 0; page * AttentionHead.PositionsPerPage < positions; page++)
        {
            int used = Math.Min(AttentionHead.PositionsPerPage, positions - (page * AttentionHead.PositionsPerPage));
            for (int layer = 0; layer < _arena.Layers; layer++)
            {
                Span<float> floats = Floats(used);
                stream.ReadExactly(length);
                ReadBlock(stream, BinaryPrimitives.ReadInt32LittleEndian(length), floats.Length * sizeof(float), name);
                Join(_planes.AsSpan(0, floats.Length * sizeof(float)), MemoryMarshal.AsBytes(floats));
                foreach (float value in floats)
                {
                    if (!float.IsFinite(value))
                    {
                        throw new SnapshotException(name, "a key or value is no finite number");
                    }
                }

                if (hasPages)
                {
                    Copy(page, layer, used, toCache: true);
                }
            }
        }

        return hasPages ? positions : 0;
    }

    private static void Split(ReadOnlySpan<byte> floats, Span<byte> planes)
    {
        int count = floats.Length / sizeof(float);
        for (int i = 0; i < floats.Length; i++)
        {
            planes[(i % sizeof(float) * count) + (i / sizeof(float))] = floats[i];
        }
    }

    private static void Join(ReadOnlySpan<byte> planes, Span<byte> floats)
    {
        int count = floats.Length / sizeof(float);
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = planes[(i % sizeof(float) * count) + (i / sizeof(float))];
        }
    }

    private Span<float> Floats(int positions) => _floats.AsSpan(0, _floats.Length / AttentionHead.PositionsPerPage * positions);

    private void ReadBlock(HashedStream stream, int stored, int length, string name)
    {
        if (stored < 1 || stored > length)
        {
            throw new SnapshotException(name, $"a block of {stored} bytes cannot hold {length}");
        }

        Span<byte> planes = _planes.AsSpan(0, length);
        if (stored == length)
        {
            stream.ReadExactly(planes);
            return;
        }

        Span<byte> block = _stored.AsSpan(0, stored);
        stream.ReadExactly(block);
        if (Lz4Codec.Decode(block, planes) != length)
        {
            throw new SnapshotException(name, "a block does not decompress to its length: it is damaged");
        }
    }

    /// <summary>Copies the positions in use of one page's layer between the cache, where each head has room for 64, and the floats.</summary>
    private void Copy(int page, int layer, int positions, bool toCache)
    {
        int headFloats = (int)(_arena.HeadBytes / sizeof(float));
        int used = headFloats / AttentionHead.PositionsPerPage * positions;
        int heads = (int)(_arena.LayerBytes / _arena.HeadBytes); // of keys and of values
        float* cached = (float*)(_sequence.Table[page] + _arena.KeyOffset(layer, 0));
        for (int head = 0; head < heads; head++)
        {
            Span<float> inCache = new(cached + ((nint)head * headFloats), used);
            Span<float> outside = _floats.AsSpan(head * used, used);
            if (toCache)
            {
                outside.CopyTo(inCache);
            }
            else
            {
                inCache.CopyTo(outside);
            }
        }
    }
}
