using System.Buffers;
using System.Text;

namespace TinyGpt;

/// <summary>
/// A first-in, first-out buffer that takes bytes cut anywhere and gives out whole UTF-8 characters: tokens may end inside a
/// character, what is read never does. Not thread-safe. Allocates nothing after construction.
/// </summary>
/// <remarks>
/// Bytes that are not valid UTF-8 come out as U+FFFD, one for each maximal subpart, as <see cref="Encoding.UTF8"/> does it. They
/// are kept as they came and replaced while they are read, so the buffer's capacity counts the bytes that go in.
/// </remarks>
public sealed class Utf8Buffer
{
    private const int LongestPartialCharacter = 3;

    private byte[] _bytes;
    private int _capacity;
    private int _start;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="capacity">The most bytes that it holds, at least 4. The reader frees them; all but a character's
    /// beginning, 3 bytes at most, can always be read.</param>
    public Utf8Buffer(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, LongestPartialCharacter + 1);
        _capacity = capacity;
        _bytes = New(capacity);
    }

    /// <summary>The bytes that were appended and not read yet.</summary>
    public int Pending { get; private set; }

    /// <summary>The most bytes that can be appended now.</summary>
    public int FreeBytes => Math.Max(_capacity - Pending, 0);

    /// <summary>The bytes that were appended and not read yet, as they came. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Unread => _bytes.AsSpan(_start, Pending);

    private static ReadOnlySpan<byte> Replacement => "\uFFFD"u8;

    /// <summary>Appends bytes, all or none.</summary>
    /// <param name="bytes">Bytes of text, cut anywhere.</param>
    /// <returns>Whether there was room: they were no more than <see cref="FreeBytes"/>. If not, nothing was taken.</returns>
    public bool TryAppend(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > FreeBytes)
        {
            return false;
        }

        EnsureContiguous(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_start + Pending));
        Pending += bytes.Length;
        return true;
    }

    /// <summary>Reads the whole characters that are there, as far as they fit.</summary>
    /// <param name="destination">Where they are written; with 4 bytes or more, any character fits.</param>
    /// <param name="written">How many bytes were written: valid UTF-8 by itself.</param>
    /// <returns>Whether anything was written. If not, no whole character is there, or the next one does not fit.</returns>
    public bool TryRead(Span<byte> destination, out int written)
    {
        ReadOnlySpan<byte> source = _bytes.AsSpan(_start, Pending);
        int read = 0;
        written = 0;
        while (read < source.Length)
        {
            OperationStatus status = Rune.DecodeFromUtf8(source[read..], out _, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                break;
            }

            ReadOnlySpan<byte> character = status == OperationStatus.Done ? source.Slice(read, length) : Replacement;
            if (!character.TryCopyTo(destination[written..]))
            {
                break;
            }

            read += length;
            written += character.Length;
        }

        _start += read;
        Pending -= read;
        return written > 0;
    }

    /// <summary>
    /// Ends the text: if it stops inside a character, that becomes a U+FFFD. What is appended afterwards begins a new text, which
    /// is read after this one.
    /// </summary>
    public void Flush()
    {
        int partial = PartialCharacter();
        if (partial > 0)
        {
            Pending -= partial;
            EnsureContiguous(Replacement.Length);
            Replacement.CopyTo(_bytes.AsSpan(_start + Pending));
            Pending += Replacement.Length;
        }
    }

    /// <summary>Forgets everything that was not read.</summary>
    public void Clear()
    {
        _start = 0;
        Pending = 0;
    }

    /// <summary>Makes the capacity at least this; what was not read stays.</summary>
    internal void Grow(int capacity)
    {
        if (capacity > _capacity)
        {
            byte[] larger = New(capacity);
            Unread.CopyTo(larger);
            _bytes = larger;
            _capacity = capacity;
            _start = 0;
        }
    }

    private static byte[] New(int capacity) => new byte[checked(capacity + Replacement.Length - 1)]; // Flush may turn the last single byte into a U+FFFD

    /// <summary>The length of the character's beginning that the pending bytes end with, or 0 if they end with a whole one.</summary>
    private int PartialCharacter()
    {
        for (int length = 1; length <= Math.Min(LongestPartialCharacter, Pending); length++)
        {
            ReadOnlySpan<byte> tail = _bytes.AsSpan(_start + Pending - length, length);
            if (Rune.DecodeFromUtf8(tail, out _, out _) == OperationStatus.NeedMoreData)
            {
                return length;
            }
        }

        return 0;
    }

    /// <summary>Moves the pending bytes to the array's start if the new bytes do not fit after them.</summary>
    private void EnsureContiguous(int length)
    {
        if (_start + Pending + length > _bytes.Length)
        {
            _bytes.AsSpan(_start, Pending).CopyTo(_bytes);
            _start = 0;
        }
    }
}
