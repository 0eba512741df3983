using System.Buffers;
using System.Text;

namespace TinyGpt.Text.Unicode;

/// <summary>Bytes that are appended one after the other, in a pooled array that grows: dispose it.</summary>
internal ref struct PooledBytes : IDisposable
{
    private byte[] _bytes;

    /// <summary>Makes it empty.</summary>
    /// <param name="capacity">The bytes that will probably be appended.</param>
    internal PooledBytes(int capacity) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>The number of bytes.</summary>
    internal int Length { get; private set; }

    /// <summary>The bytes; valid until more are appended.</summary>
    internal readonly ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    internal void Append(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Length += bytes.Length;
    }

    internal void Append(byte value) => Append([value]);

    internal void Append(Rune rune) => Length += rune.EncodeToUtf8(Reserve(rune.Utf8SequenceLength));

    /// <summary>Gives the array back.</summary>
    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private Span<byte> Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            byte[] grown = ArrayPool<byte>.Shared.Rent(checked((2 * Length) + count));
            Span.CopyTo(grown);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = grown;
        }

        return _bytes.AsSpan(Length);
    }
}
