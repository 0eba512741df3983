using TinyGpt.Text;

namespace TinyGpt;

/// <summary>
/// What a session says: the bytes of tokens go in, whole UTF-8 characters come out, and the text ends before a stop string even
/// even if it spans tokens. Not thread-safe. Allocates nothing after construction.
/// </summary>
/// <remarks>
/// Appending never fails while the bytes are no more than <see cref="FreeBytes"/>. With a capacity of at least
/// <see cref="SmallestCapacity(TokenVocabulary, StopSequences)"/> a token fits as soon as everything that can be read has been read.
/// </remarks>
public sealed class TextOutput
{
    private const int LongestPartialCharacter = 3;

    private readonly Utf8Buffer _characters;
    private readonly StopSequences _stops;

    /// <summary>Makes an empty output.</summary>
    /// <param name="capacity">
    /// The most bytes that it holds, those held back included; at least the longest stop string and 4. U+FFFD in place of
    /// invalid bytes is not counted: it is made while reading.
    /// </param>
    /// <param name="stops">The stop strings. The search is this output's own from now on.</param>
    public TextOutput(int capacity, StopSequences stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, stops.Longest + LongestPartialCharacter + 1);
        _stops = stops;
        _stops.Reset();
        _characters = new Utf8Buffer(capacity);
    }

    /// <summary>Whether a stop string ended the text. Bytes appended after that are dropped.</summary>
    public bool Stopped => _stops.Stopped;

    /// <summary>The bytes that were appended and not read yet, those held back included.</summary>
    public int Pending => _characters.Pending + _stops.Held;

    /// <summary>The most bytes that can be appended now.</summary>
    public int FreeBytes => Math.Max(_characters.FreeBytes - _stops.Held, 0);

    /// <summary>The bytes that may be shown and were not read yet, as they came. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Unread => _characters.Unread;

    /// <summary>The bytes that may be the beginning of a stop string. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Held => _stops.HeldBytes;

    /// <summary>
    /// The capacity with which any token can be appended once everything readable was read: the longest token, the longest stop
    /// string's held back part and the beginning of a character.
    /// </summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="stops">The stop strings.</param>
    /// <returns>The capacity in bytes.</returns>
    public static int SmallestCapacity(TokenVocabulary vocabulary, StopSequences stops)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(stops);
        return SmallestCapacity(vocabulary, stops.Longest);
    }

    /// <summary><see cref="SmallestCapacity(TokenVocabulary, StopSequences)"/> by the longest stop string's bytes.</summary>
    internal static int SmallestCapacity(TokenVocabulary vocabulary, int longestStop) =>
        Math.Max(vocabulary.LongestToken, 1) + longestStop + LongestPartialCharacter;

    /// <summary>Appends a token's bytes, all or none.</summary>
    /// <param name="tokenBytes">The bytes, cut anywhere.</param>
    /// <returns>
    /// Whether they were taken: true where they are no more than <see cref="FreeBytes"/>, and always once
    /// <see cref="Stopped"/>, when they are dropped. If not, nothing has changed.
    /// </returns>
    public bool TryAppend(ReadOnlySpan<byte> tokenBytes)
    {
        if (Stopped)
        {
            return true;
        }

        if (tokenBytes.Length > FreeBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> held = _stops.HeldBytes;
        bool stopped = _stops.Append(tokenBytes, out int released);
        int ofHeld = Math.Min(released, held.Length);
        _characters.TryAppend(held[..ofHeld]);
        _characters.TryAppend(tokenBytes[..(released - ofHeld)]);
        if (stopped)
        {
            _characters.Flush();
        }

        return true;
    }

    /// <summary>Reads the whole characters that may be shown, as far as they fit.</summary>
    /// <param name="destination">Where they are written; with 4 bytes or more, any character fits.</param>
    /// <param name="written">How many bytes were written: valid UTF-8 by itself.</param>
    /// <returns>Whether anything was written. If not, no whole character may be shown yet, or the next one does not fit.</returns>
    public bool TryRead(Span<byte> destination, out int written) => _characters.TryRead(destination, out written);

    /// <summary>
    /// Ends the search for stop strings: what is held back can be read, and a new search begins. The text itself goes on, inside a
    /// character too.
    /// </summary>
    public void Release()
    {
        _characters.TryAppend(_stops.HeldBytes); // its room was never given away: see FreeBytes
        _stops.Reset();
    }

    /// <summary>
    /// Ends the text: what is held back can be read, and a character that stops half-way becomes a U+FFFD. What is appended
    /// afterwards begins a new text, in which the search for stop strings starts anew: <see cref="Stopped"/> is false again.
    /// </summary>
    public void Flush()
    {
        Release();
        _characters.Flush();
    }

    /// <summary>Forgets everything that was not read, and that a stop string was found.</summary>
    public void Clear()
    {
        _characters.Clear();
        _stops.Reset();
    }

    /// <summary>Takes other stop strings for the texts to come; what was not read stays. Nothing may be held back.</summary>
    /// <param name="stops">The stop strings.</param>
    /// <param name="capacity">The least capacity; where it is more than the present one, the buffer is replaced.</param>
    internal void Use(StopPatterns stops, int capacity)
    {
        _stops.Use(stops);
        _characters.Grow(capacity);
    }

    /// <summary>Becomes what an output was: empty before, then with these bytes to be read and these held back.</summary>
    /// <returns>Whether they fit.</returns>
    internal bool TryRestore(ReadOnlySpan<byte> unread, ReadOnlySpan<byte> held)
    {
        // The stop strings need not be those of before, so that what was held back then may be shown now.
        Clear();
        return _characters.TryAppend(unread) && TryAppend(held);
    }
}
