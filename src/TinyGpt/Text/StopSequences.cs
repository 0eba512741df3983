using TinyGpt.Text;

namespace TinyGpt;

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
    private StopPatterns _patterns;
    private int[] _matched; // how many bytes of each stop string the text ends with
    private byte[] _heldStop = []; // the stop string that HeldBytes is the beginning of

    /// <summary>Makes a search.</summary>
    /// <param name="stops">The stop strings; none is fine, then nothing is ever held back.</param>
    /// <exception cref="ArgumentException">A stop string is empty or has a surrogate without its partner.</exception>
    public StopSequences(IEnumerable<string> stops)
        : this(new StopPatterns(stops))
    {
    }

    internal StopSequences(StopPatterns patterns)
    {
        _patterns = patterns;
        _matched = new int[patterns.Count];
    }

    /// <summary>The bytes of the longest stop string; 0 without any.</summary>
    public int Longest => _patterns.Longest;

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
    /// all that are certain to come before any stop string. The rest is held back or, once stopped, dropped.
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

    /// <summary>Looks for other stop strings from now on, in a new text. Allocates only where there are more of them than ever before.</summary>
    internal void Use(StopPatterns patterns)
    {
        _patterns = patterns;
        if (_matched.Length < patterns.Count)
        {
            _matched = new int[patterns.Count];
        }

        Reset();
    }

    /// <summary>Takes one byte in; returns the length of the stop string that it ends, or 0.</summary>
    private int Advance(byte value)
    {
        int found = 0;
        Held = 0;
        for (int index = 0; index < _patterns.Count; index++)
        {
            byte[] stop = _patterns.Stop(index);
            int[] borders = _patterns.Borders(index);
            int matched = _matched[index];
            while (matched > 0 && stop[matched] != value)
            {
                matched = borders[matched - 1];
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
}
