using System.Buffers;
using K4os.Compression.LZ4;
using TinyGpt.Format;
using TinyGpt.Import.Packing;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Contract;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Import;

/// <summary>
/// Writes a <c>.tgpt</c> file to a stream that can seek, chunk by chunk: first every tensor of <see cref="ModelTensors.Of"/> in that
/// order, then the tokenizer and other parts. Not thread-safe.
/// </summary>
public sealed unsafe class TgptWriter : ITensorSink, IDisposable
{
    // A compressed chunk cannot be mapped and used in place, so it must be clearly smaller, in whole alignment units: chunks of 256
    // bytes that lose 50 save nothing.
    private const int CompressedPercentLimit = 90;
    private const int LargestPiece = 1 << 26;

    private readonly Stream _stream;
    private readonly long _start;
    private readonly bool _compress;
    private readonly TgptLayout _layout;
    private NativeArena? _scratch;
    private byte* _reserved;
    private long _reservedLength;

    /// <summary>Starts a file at the stream's position.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="config">A valid configuration.</param>
    /// <param name="tokenizer">The tokenizer, or null for a file without one.</param>
    /// <param name="compress">Whether chunks that LZ4 makes at least 10 % smaller are compressed; else all are raw.</param>
    /// <param name="precision">How the blocks' matrices hold their weights.</param>
    /// <param name="parts">What else goes into the file, or null for nothing.</param>
    /// <exception cref="ArgumentException">The stream cannot seek, or the configuration, the tokenizer or a part is not valid.</exception>
    public TgptWriter(
        Stream stream,
        ModelConfig config,
        TokenizerContent? tokenizer = null,
        bool compress = true,
        WeightPrecision precision = WeightPrecision.Int8,
        IReadOnlyList<ModelPart>? parts = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(config);
        if (!stream.CanSeek || !stream.CanWrite)
        {
            throw new ArgumentException("The stream must be able to seek and to write.", nameof(stream));
        }

        _stream = stream;
        _start = stream.Position;
        _compress = compress;
        _layout = new TgptLayout(config, tokenizer, parts ?? [], precision);
    }

    /// <summary>Writes the next tensor.</summary>
    /// <param name="content">Exactly <see cref="TensorShape.Bytes"/> bytes.</param>
    /// <returns>How and where it was stored.</returns>
    /// <exception cref="InvalidOperationException">All tensors were written.</exception>
    /// <exception cref="ArgumentException">The tensor has another length.</exception>
    public TgptChunk Write(ReadOnlySpan<byte> content)
    {
        fixed (byte* data = content)
        {
            return Write(data, content.Length);
        }
    }

    /// <summary>Writes the tokenizer and the other parts, if there are any, then the header and the metadata. The stream is then at the file's end.</summary>
    /// <returns>The file's length in bytes.</returns>
    /// <exception cref="InvalidOperationException">A tensor is missing.</exception>
    public long Finish()
    {
        foreach (ReadOnlyMemory<byte> content in _layout.Contents)
        {
            Write(content.Span);
        }

        byte[] start = _layout.Finish();
        _stream.Position = _start;
        _stream.Write(start);
        _stream.Position = _start + _layout.End;
        return _layout.End;
    }

    /// <summary>Frees scratch memory. The stream stays open.</summary>
    public void Dispose() => _scratch?.Dispose();

    byte* ITensorSink.Reserve(long length)
    {
        if (_scratch is null || _scratch.Capacity < length)
        {
            _scratch?.Dispose();
            _scratch = new NativeArena(length);
            _reserved = _scratch.Take(length);
        }

        _reservedLength = length;
        return _reserved;
    }

    TgptChunk ITensorSink.Commit() => Write(_reserved, _reservedLength);

    private TgptChunk Write(byte* data, long length)
    {
        _layout.RequireNext(length);
        byte[] hash = Hash(data, length);
        PadTo(_start + _layout.NextOffset);
        if (_compress && length <= Lz4Block.MaxLength)
        {
            int limit = (int)(length * CompressedPercentLimit / 100) & -PanelLayout.Alignment;
            byte[] block = ArrayPool<byte>.Shared.Rent(limit);
            int stored = LZ4Codec.Encode(new ReadOnlySpan<byte>(data, (int)length), block.AsSpan(0, limit));
            _stream.Write(block, 0, Math.Max(stored, 0));
            ArrayPool<byte>.Shared.Return(block);
            if (stored > 0)
            {
                return _layout.Append(TgptCodec.Lz4, stored, length, hash);
            }
        }

        for (long done = 0; done < length; done += LargestPiece)
        {
            _stream.Write(new ReadOnlySpan<byte>(data + done, (int)Math.Min(length - done, LargestPiece)));
        }

        return _layout.Append(TgptCodec.Raw, length, length, hash);
    }

    internal static byte[] Hash(byte* data, long length)
    {
        Sha256 hash = new();
        for (long done = 0; done < length; done += LargestPiece)
        {
            hash.Append(new ReadOnlySpan<byte>(data + done, (int)Math.Min(length - done, LargestPiece)));
        }

        return hash.Finish();
    }

    // Gaps are written, not sought over: a stream that is written over must not keep old bytes in them.
    private void PadTo(long position)
    {
        Span<byte> zeros = stackalloc byte[PanelLayout.Alignment];
        zeros.Clear();
        while (_stream.Position < position)
        {
            _stream.Write(zeros[..(int)Math.Min(position - _stream.Position, zeros.Length)]);
        }
    }
}
