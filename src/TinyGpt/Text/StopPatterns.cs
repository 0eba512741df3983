using System.Text;

namespace TinyGpt.Text;

/// <summary>Stop strings, prepared for the search that <see cref="StopSequences"/> does. Immutable and thread-safe; equal where the strings are.</summary>
internal sealed class StopPatterns : IEquatable<StopPatterns>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[][] _stops;
    private readonly int[][] _borders; // Knuth, Morris, Pratt: of the first i + 1 bytes, the longest proper prefix that is a suffix

    /// <exception cref="ArgumentException">A stop string is empty or has a surrogate without its partner.</exception>
    public StopPatterns(IEnumerable<string> stops)
    {
        ArgumentNullException.ThrowIfNull(stops);
        Texts = [.. stops];
        _stops = [.. Texts.Select(ToBytes)];
        _borders = [.. _stops.Select(FindBorders)];
        Longest = _stops.Length == 0 ? 0 : _stops.Max(stop => stop.Length);
    }

    public static StopPatterns None { get; } = new([]);

    public IReadOnlyList<string> Texts { get; }

    public int Count => _stops.Length;

    /// <summary>The bytes of the longest stop string; 0 without any.</summary>
    public int Longest { get; }

    public byte[] Stop(int index) => _stops[index];

    public int[] Borders(int index) => _borders[index];

    public bool Equals(StopPatterns? other) => other is not null && Texts.SequenceEqual(other.Texts, StringComparer.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as StopPatterns);

    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (string text in Texts)
        {
            hash.Add(text, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
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
