using System.Text;

namespace TinyGpt.Text;

/// <summary>
/// Looks for stop strings in text that comes in parts cut anywhere, and tells how much of it can be shown: what may be the
/// beginning of a stop string is held back until it is known. Not thread-safe. Allocates nothing after construction.
/// </summary>
/// <remarks>
/// The stop string that ends first counts; of several that end at the same byte, the longest. A byte costs one step for each stop
/// string, amortized. What is held back is the beginning of a stop string, so it need not be stored twice: <see cref="HeldBytes"/>.
/// </remarks>
public sealed class StopSequences
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[][] _stops;
    private readonly int[][] _borders; // Knuth, Morris, Pratt: of the first i + 1 bytes, the longest proper prefix that is a suffix
    private readonly int[] _matched; // how many bytes of each stop string the text ends with
    private byte[] _heldStop = []; // the stop string that HeldBytes is the beginning of

    /// <summary>Makes a search.</summary>
    /// <param name="stops">The stop strings; none is fine, then nothing is ever held back.</param>
    /// <exception cref="ArgumentException">A stop string is empty or has a surrogate without its partner.</exception>
    public StopSequences(IEnumerable<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        _stops = [.. stops.Select(ToBytes)];
        _borders = [.. _stops.Select(FindBorders)];
        _matched = new int[_stops.Length];
        Longest = _stops.Length == 0 ? 0 : _stops.Max(stop => stop.Length);
    }

    /// <summary>The bytes of the longest stop string; 0 without any.</summary>
    public int Longest { get; }

    /// <summary>How many of the last bytes are held back: 0 to <see cref="Longest"/> - 1, and 0 once stopped.</summary>
    public int Held { get; private set; }

    /// <summary>The bytes that are held back. The span stays as it is when the search goes on.</summary>
    public ReadOnlySpan<byte> HeldBytes => _heldStop.AsSpan(0, Held);

    /// <summary>Whether a stop string was found.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Looks at more text.</summary>
    /// <param name="bytes">The text's next bytes, cut anywhere.</param>
    /// <param name="released">
    /// How many bytes can be shown now, counted from the first that was held back before this call, over these bytes:
    /// all that are certain to lie before any stop string. The rest is held back or, once stopped, dropped.
    /// </param>
    /// <returns>Whether a stop string was found, now or before. After it nothing is looked at until <see cref="Reset"/>.</returns>
    public bool Append(ReadOnlySpan<byte> bytes, out int released)
    {
        int waiting = Held;
        released = 0;
        if (Stopped)
        {
            return true;
        }

        for (int index = 0; index < bytes.Length; index++)
        {
            int found = Advance(bytes[index]);
            if (found > 0)
            {
                released = waiting + index + 1 - found;
                Held = 0;
                Stopped = true;
                return true;
            }
        }

        released = waiting + bytes.Length - Held;
        return false;
    }

    /// <summary>Forgets the text; the search starts anew.</summary>
    public void Reset()
    {
        Array.Clear(_matched);
        Held = 0;
        Stopped = false;
    }

    /// <summary>Takes one byte in; returns the length of the stop string that it ends, or 0.</summary>
    private int Advance(byte value)
    {
        int found = 0;
        Held = 0;
        for (int index = 0; index < _stops.Length; index++)
        {
            byte[] stop = _stops[index];
            int matched = _matched[index];
            while (matched > 0 && stop[matched] != value)
            {
                matched = _borders[index][matched - 1];
            }

            if (stop[matched] == value)
            {
                matched++;
            }

            _matched[index] = matched;
            if (matched == stop.Length)
            {
                found = Math.Max(found, matched);
            }
            else if (matched > Held)
            {
                Held = matched;
                _heldStop = stop;
            }
        }

        return found;
    }

    private static byte[] ToBytes(string stop) => string.IsNullOrEmpty(stop)
        ? throw new ArgumentException("A stop string is empty.", nameof(stop))
        : StrictUtf8.GetBytes(stop);

    private static int[] FindBorders(byte[] stop)
    {
        int[] borders = new int[stop.Length];
        int border = 0;
        for (int index = 1; index < stop.Length; index++)
        {
            while (border > 0 && stop[border] != stop[index])
            {
                border = borders[border - 1];
            }

            if (stop[border] == stop[index])
            {
                border++;
            }

            borders[index] = border;
        }

        return borders;
    }
}
