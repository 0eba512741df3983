namespace TinyGpt.Training;

/// <summary>One part of a <see cref="TextSource"/> as it was read: a buffer to be used again and again. Not thread-safe.</summary>
internal sealed class SourceText
{
    private byte[] _text = new byte[1 << 12];
    private int _length;

    private readonly List<TextSegment> _segments = [];

    /// <summary>The text, UTF-8 or any bytes.</summary>
    public ReadOnlySpan<byte> Text => _text.AsSpan(0, _length);

    /// <summary>What of the text is trained, first to last; the last one ends where the text ends. None for an empty text.</summary>
    public IReadOnlyList<TextSegment> Segments => _segments;

    /// <summary>The class that the text belongs to, or null.</summary>
    public string? Label { get; set; }

    /// <summary>Forgets the text.</summary>
    public void Clear()
    {
        _length = 0;
        Label = null;
        _segments.Clear();
    }

    /// <summary>Room for this number of bytes after the text, which <see cref="Append(int, bool)"/> takes in.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_text.Length - _length < bytes)
        {
            Array.Resize(ref _text, Math.Max(2 * _text.Length, checked(_length + bytes)));
        }

        return _text.AsSpan(_length, bytes);
    }

    /// <summary>Takes in what was written to <see cref="Reserve"/>'s room.</summary>
    /// <param name="bytes">How many bytes of it.</param>
    /// <param name="isTrained">Whether a model learns to say it.</param>
    public void Append(int bytes, bool isTrained)
    {
        _length += bytes;
        if (bytes > 0)
        {
            _segments.Add(new TextSegment(_length, isTrained));
        }
    }

    /// <summary>Takes in a copy.</summary>
    public void Append(ReadOnlySpan<byte> text, bool isTrained)
    {
        text.CopyTo(Reserve(text.Length));
        Append(text.Length, isTrained);
    }
}

/// <summary>A stretch of text.</summary>
/// <param name="End">Where it ends, in bytes from the text's start; it begins where the one before it ends.</param>
/// <param name="IsTrained">Whether a model learns to say it, or only reads it.</param>
internal readonly record struct TextSegment(int End, bool IsTrained);
