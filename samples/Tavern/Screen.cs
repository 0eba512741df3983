using System.Text;

namespace TinyGpt.Samples.Tavern;

/// <summary>The colours that the tavern uses.</summary>
internal enum Ink : byte
{
    Plain,
    Wood,
    Faint,
    Player,
    Folk,
    Speech,
    Bright,
}

/// <summary>
/// A grid of 80 × 24 characters that is drawn anew in every frame. What has changed since the frame before goes to the terminal in a single
/// write from one buffer. Drawing and writing allocate nothing.
/// </summary>
internal sealed class Screen
{
    public const int Width = 80;
    public const int Height = 24;

    private const int MostBytesPerCell = 24; // a cursor address, a colour and a character

    private static readonly byte[][] Colours =
    [
        "\e[0m"u8.ToArray(), "\e[0;33m"u8.ToArray(), "\e[0;90m"u8.ToArray(), "\e[0;1;32m"u8.ToArray(), "\e[0;36m"u8.ToArray(),
        "\e[0;97m"u8.ToArray(), "\e[0;1;97m"u8.ToArray(),
    ];

    private readonly char[] _glyphs = new char[Width * Height];
    private readonly Ink[] _inks = new Ink[Width * Height];
    private readonly char[] _shownGlyphs = new char[Width * Height];
    private readonly Ink[] _shownInks = new Ink[Width * Height];
    private readonly byte[] _output = new byte[Width * Height * MostBytesPerCell];
    private int _length;

    /// <summary>Begins a frame.</summary>
    public void Clear()
    {
        Array.Fill(_glyphs, ' ');
        Array.Clear(_inks);
    }

    /// <summary>Draws a character; nothing outside of the screen.</summary>
    public void Put(int x, int y, char glyph, Ink ink)
    {
        if ((uint)x < Width && (uint)y < Height)
        {
            _glyphs[(y * Width) + x] = glyph;
            _inks[(y * Width) + x] = ink;
        }
    }

    /// <summary>Draws a text from left to right, cut off where the screen ends.</summary>
    /// <returns>The column after it.</returns>
    public int Write(int x, int y, ReadOnlySpan<char> text, Ink ink)
    {
        foreach (char glyph in text)
        {
            Put(x++, y, char.IsControl(glyph) ? ' ' : glyph, ink);
        }

        return x;
    }

    /// <summary>Draws a number with one decimal, aligned to the right.</summary>
    /// <param name="right">The column after the number.</param>
    /// <param name="y">The row.</param>
    /// <param name="value">The number; hundredths are rounded.</param>
    /// <param name="format">A numeric format.</param>
    /// <param name="ink">The colour.</param>
    public void WriteNumber(int right, int y, double value, ReadOnlySpan<char> format, Ink ink)
    {
        Span<char> text = stackalloc char[32];
        value.TryFormat(text, out int length, format, System.Globalization.CultureInfo.InvariantCulture);
        Write(right - length, y, text[..length], ink);
    }

    /// <summary>Has the next frame sent whole, because the terminal does not show the last one any more.</summary>
    public void Forget() => Array.Clear(_shownGlyphs);

    /// <summary>Sends what has changed to a terminal.</summary>
    public void Present(Stream terminal)
    {
        _length = 0;
        int cursor = -1;
        Ink ink = (Ink)byte.MaxValue;
        for (int cell = 0; cell < _glyphs.Length; cell++)
        {
            if (_glyphs[cell] == _shownGlyphs[cell] && _inks[cell] == _shownInks[cell])
            {
                continue;
            }

            if (cell != cursor)
            {
                Append("\e["u8);
                AppendNumber((cell / Width) + 1);
                Append(";"u8);
                AppendNumber((cell % Width) + 1);
                Append("H"u8);
            }

            if (_inks[cell] != ink)
            {
                ink = _inks[cell];
                Append(Colours[(int)ink]);
            }

            _length += Encoding.UTF8.GetBytes(_glyphs.AsSpan(cell, 1), _output.AsSpan(_length));
            cursor = (cell + 1) % Width == 0 ? -1 : cell + 1; // after the last column terminals differ
            (_shownGlyphs[cell], _shownInks[cell]) = (_glyphs[cell], _inks[cell]);
        }

        if (_length > 0)
        {
            terminal.Write(_output, 0, _length);
            terminal.Flush();
        }
    }

    /// <summary>The frame as text: 24 lines of 80 characters.</summary>
    public override string ToString()
    {
        StringBuilder text = new(Height * (Width + 1));
        for (int y = 0; y < Height; y++)
        {
            text.Append(_glyphs, y * Width, Width).Append('\n');
        }

        return text.ToString();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_output.AsSpan(_length));
        _length += bytes.Length;
    }

    private void AppendNumber(int number)
    {
        System.Buffers.Text.Utf8Formatter.TryFormat(number, _output.AsSpan(_length), out int written);
        _length += written;
    }
}
