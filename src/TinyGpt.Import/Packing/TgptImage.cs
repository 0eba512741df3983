using TinyGpt.Format;
using TinyGpt.Kernels;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Import.Packing;

/// <summary>
/// A <c>.tgpt</c> file that is written into memory: all chunks raw, so that every size is known beforehand and tensors are packed where
/// they stay. Not thread-safe.
/// </summary>
internal sealed unsafe class TgptImage : ITensorSink, IDisposable
{
    private readonly TgptLayout _layout;
    private readonly byte* _data;
    private NativeArena? _memory;
    private long _reservedLength;

    public TgptImage(ModelConfig config, TokenizerContent? tokenizer, IReadOnlyList<ModelPart> parts, WeightPrecision precision)
    {
        _layout = new TgptLayout(config, tokenizer, parts, precision);
        _memory = new NativeArena(_layout.RawFileLength);
        _data = _memory.Take(_memory.Capacity);
    }

    public byte* Reserve(long length)
    {
        _layout.RequireNext(length);
        _reservedLength = length;
        return _data + _layout.NextOffset;
    }

    public TgptChunk Commit() =>
        _layout.Append(TgptCodec.Raw, _reservedLength, _reservedLength, TgptWriter.Hash(_data + _layout.NextOffset, _reservedLength));

    /// <summary>Completes the image and opens it; the memory then belongs to the file.</summary>
    /// <param name="name">A name for error messages.</param>
    public TgptFile Open(string name)
    {
        foreach (ReadOnlyMemory<byte> content in _layout.Contents)
        {
            content.Span.CopyTo(new Span<byte>(Reserve(content.Length), content.Length));
            Commit();
        }

        _layout.Finish().CopyTo(new Span<byte>(_data, TgptHeader.Length + _layout.MetadataLength));
        NativeArena memory = _memory!;
        _memory = null;
        return TgptFile.Open(memory, _data, _layout.End, name);
    }

    /// <summary>Frees the memory unless a file owns it.</summary>
    public void Dispose() => _memory?.Dispose();
}
