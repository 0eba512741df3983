using System.Buffers.Binary;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4;
using TinyGpt.Cache;
using TinyGpt.Format;
using TinyGpt.Kernels.Contract;

namespace TinyGpt.Snapshots;

/// <summary>
/// The keys and values of a sequence, as blocks of one page and one layer: an int32 length, then this number of bytes. A block has the channels
/// (keys of all heads, then values of all heads, only the positions in use) and then, if they are int8, their scales in the same order.
/// Floats are split into four planes, all lowest bytes first, so that the exponents are adjacent. The block is compressed with LZ4; one
/// that does not shrink is stored as it is.
/// </summary>
internal sealed unsafe class CachePages
{
    private readonly KvLayout _layout;
    private readonly KvSequence _sequence;
    private readonly byte[] _content;
    private readonly byte[] _planes;
    private readonly byte[] _stored;

    /// <param name="layout">How the blocks are laid out, which is how the sequence's pages are if they are copied.</param>
    /// <param name="sequence">Whose keys and values they are.</param>
    public CachePages(KvLayout layout, KvSequence sequence)
    {
        _layout = layout;
        _sequence = sequence;
        int largest = checked((int)layout.LayerBytes);
        _content = new byte[largest];
        _planes = new byte[largest];
        _stored = new byte[LZ4Codec.MaximumOutputSize(largest)];
    }

    private int Areas => 2 * _layout.Heads;

    public void Write(HashedStream stream, int positions)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (int page = 0; page * AttentionHead.PositionsPerPage < positions; page++)
        {
            int used = Math.Min(AttentionHead.PositionsPerPage, positions - (page * AttentionHead.PositionsPerPage));
            for (int layer = 0; layer < _layout.Layers; layer++)
            {
                Copy(page, layer, used, toCache: false);
                Span<byte> planes = _planes.AsSpan(0, ContentBytes(used));
                Split(FloatsOf(used), planes[^FloatsOf(used).Length..]);
                Int8Of(used).CopyTo(planes);
                int encoded = LZ4Codec.Encode(planes, _stored);
                ReadOnlySpan<byte> block = encoded > 0 && encoded < planes.Length ? _stored.AsSpan(0, encoded) : planes;
                BinaryPrimitives.WriteInt32LittleEndian(length, block.Length);
                stream.Write(length);
                stream.Write(block);
            }
        }
    }

    /// <summary>Reads keys and values into pages of the sequence's own.</summary>
    /// <param name="stream">Stands at the first block.</param>
    /// <param name="positions">How many positions the blocks have.</param>
    /// <param name="isWanted">Whether to keep them, or only to check them.</param>
    /// <param name="name">What errors call the save.</param>
    /// <returns>How many positions were read: all, or none if they must be computed again, also for want of pages.</returns>
    public int Read(HashedStream stream, int positions, bool isWanted, string name)
    {
        bool hasPages = isWanted && _sequence.TryReserve(positions, out _, out _);
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (int page = 0; page * AttentionHead.PositionsPerPage < positions; page++)
        {
            int used = Math.Min(AttentionHead.PositionsPerPage, positions - (page * AttentionHead.PositionsPerPage));
            for (int layer = 0; layer < _layout.Layers; layer++)
            {
                Span<byte> planes = _planes.AsSpan(0, ContentBytes(used));
                stream.ReadExactly(length);
                ReadBlock(stream, BinaryPrimitives.ReadInt32LittleEndian(length), planes.Length, name);
                Join(planes[^FloatsOf(used).Length..], FloatsOf(used));
                planes[..Int8Of(used).Length].CopyTo(Int8Of(used));
                Check(used, name);
                if (hasPages)
                {
                    Copy(page, layer, used, toCache: true);
                }
            }
        }

        return hasPages ? positions : 0;
    }

    private void Check(int positions, string name)
    {
        foreach (float value in MemoryMarshal.Cast<byte, float>(FloatsOf(positions)))
        {
            if (!float.IsFinite(value))
            {
                throw new SnapshotException(name, "a key or value is no finite number");
            }
        }

        if (Int8Of(positions).Contains((byte)0x80))
        {
            throw new SnapshotException(name, "a quantized key or value is -128, which none can be");
        }
    }

    private int ContentBytes(int positions) => (int)(_layout.LayerBytes / AttentionHead.PositionsPerPage * positions);

    /// <summary>The int8 channels of the given number of positions; empty if channels are floats.</summary>
    private Span<byte> Int8Of(int positions) =>
        _content.AsSpan(0, _layout.Precision == KvPrecision.Int8 ? Areas * positions * _layout.HeadStride : 0);

    /// <summary>The float channels of the given number of positions, or the scales of int8 channels.</summary>
    private Span<byte> FloatsOf(int positions) => _content.AsSpan(0, ContentBytes(positions))[Int8Of(positions).Length..];

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
        if (!Lz4Block.TryDecode(block, planes))
        {
            throw new SnapshotException(name, "a block does not decompress to its length: it is damaged");
        }
    }

    /// <summary>Copies the positions in use of one page's layer between the cache, where each head has room for 64, and the content.</summary>
    private void Copy(int page, int layer, int positions, bool toCache)
    {
        int channels = positions * _layout.HeadStride * _layout.ElementBytes;
        int scales = positions * _layout.ScaleBytes;
        byte* head = _sequence.Table[page] + _layout.KeyOffset(layer, 0);
        for (int area = 0; area < Areas; area++)
        {
            Copy(new Span<byte>(head, channels), _content.AsSpan(area * channels, channels), toCache);
            Copy(new Span<byte>(head + _layout.ScalesOffset, scales), _content.AsSpan((Areas * channels) + (area * scales), scales), toCache);
            head += _layout.HeadBytes;
        }
    }

    private static void Copy(Span<byte> inCache, Span<byte> outside, bool toCache)
    {
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
