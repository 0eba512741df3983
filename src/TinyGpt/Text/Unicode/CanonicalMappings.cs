using System.Collections.Frozen;
using System.Globalization;

namespace TinyGpt.Text.Unicode;

/// <summary>
/// Looks characters up in <see cref="CanonicalData"/>. The runtime has such tables only where it comes with a globalization library, and then
/// of that library's version; tokens must be the same everywhere.
/// </summary>
internal sealed class CanonicalMappings
{
    /// <summary>In place of a character: none.</summary>
    internal const int None = -1;

    private const int CombiningShift = 21; // after the bits of a code point
    private const int EndOfActive = 0x30000; // characters of higher planes have neither mappings nor classes

    private static readonly Lazy<CanonicalMappings> Tables = new(() => new CanonicalMappings());

    private readonly FrozenDictionary<int, (int First, int Second)> _decompositions;
    private readonly FrozenDictionary<long, int> _compositions;
    private readonly FrozenDictionary<int, byte> _classes;
    private readonly ulong[] _active = new ulong[EndOfActive / 64]; // a bit for each code point

    private CanonicalMappings()
    {
        Dictionary<int, byte> classes = [];
        foreach (Range item in CanonicalData.CombiningClasses.SplitAny(Separators))
        {
            ReadOnlySpan<byte> text = CanonicalData.CombiningClasses[item];
            if (text.IsEmpty)
            {
                continue;
            }

            int colon = text.IndexOf((byte)':');
            int dash = text.IndexOf((byte)'-');
            int first = Hexadecimal(text[..(dash < 0 ? colon : dash)]);
            int last = dash < 0 ? first : Hexadecimal(text[(dash + 1)..colon]);
            for (int value = first; value <= last; value++)
            {
                classes.Add(value, byte.Parse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture));
                Activate(value);
            }
        }

        Dictionary<int, (int First, int Second)> decompositions = [];
        Dictionary<long, int> compositions = [];
        foreach (Range item in CanonicalData.Mappings.SplitAny(Separators))
        {
            ReadOnlySpan<byte> text = CanonicalData.Mappings[item];
            if (text.IsEmpty)
            {
                continue;
            }

            int equals = text.IndexOf((byte)'=');
            int sign = text.IndexOfAny((byte)'+', (byte)'-');
            int whole = Hexadecimal(text[..equals]);
            int first = Hexadecimal(text[(equals + 1)..(sign < 0 ? text.Length : sign)]);
            int second = sign < 0 ? None : Hexadecimal(text[(sign + 1)..]);
            decompositions.Add(whole, (first, second));
            if (sign >= 0 && text[sign] == '+')
            {
                compositions.Add(Pair(first, second), whole);
                Activate(second);
            }
            else
            {
                Activate(whole);
            }
        }

        for (int jamo = Hangul.FirstVowel; jamo < Hangul.FirstVowel + Hangul.Vowels; jamo++)
        {
            Activate(jamo);
        }

        for (int jamo = Hangul.NoFinal + 1; jamo < Hangul.NoFinal + Hangul.Finals; jamo++)
        {
            Activate(jamo);
        }

        _decompositions = decompositions.ToFrozenDictionary();
        _compositions = compositions.ToFrozenDictionary();
        _classes = classes.ToFrozenDictionary();
    }

    /// <summary>The tables, read when they are first needed.</summary>
    internal static CanonicalMappings Instance => Tables.Value;

    /// <summary>
    /// Whether a character may change in normalization form C, or change with what is before it. A text without such characters is in that form.
    /// </summary>
    internal bool IsActive(int codePoint) => codePoint < EndOfActive && ((_active[codePoint >> 6] >> codePoint) & 1) != 0;

    /// <summary>The character's canonical combining class, 0 to 254.</summary>
    internal int CombiningClass(int codePoint) => _classes.TryGetValue(codePoint, out byte value) ? value : 0;

    /// <summary>Decomposes a character by one step.</summary>
    /// <param name="codePoint">The character.</param>
    /// <param name="first">What it begins with, which may decompose further.</param>
    /// <param name="second">What follows, or <see cref="None"/>.</param>
    /// <returns>Whether it decomposes.</returns>
    internal bool TryDecompose(int codePoint, out int first, out int second)
    {
        if (Hangul.TryDecompose(codePoint, out first, out second))
        {
            return true;
        }

        bool found = _decompositions.TryGetValue(codePoint, out (int First, int Second) parts);
        (first, second) = parts;
        return found;
    }

    /// <summary>The character that two others compose to, or <see cref="None"/>.</summary>
    internal int Compose(int first, int second) =>
        Hangul.Compose(first, second) is var syllable and >= 0 ? syllable
        : _compositions.TryGetValue(Pair(first, second), out int whole) ? whole
        : None;

    private static ReadOnlySpan<byte> Separators => " \r\n"u8;

    private static long Pair(int first, int second) => ((long)first << CombiningShift) | (uint)second;

    private static int Hexadecimal(ReadOnlySpan<byte> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private void Activate(int codePoint) => _active[codePoint >> 6] |= 1UL << codePoint;

    /// <summary>The rule by which Hangul syllables are made of their letters (The Unicode Standard, section 3.12).</summary>
    private static class Hangul
    {
        internal const int FirstVowel = 0x1161;
        internal const int Vowels = 21;
        internal const int NoFinal = 0x11A7;
        internal const int Finals = 28;
        private const int FirstSyllable = 0xAC00;
        private const int FirstInitial = 0x1100;
        private const int Initials = 19;
        private const int Syllables = Initials * Vowels * Finals;

        internal static bool TryDecompose(int syllable, out int first, out int second)
        {
            int index = syllable - FirstSyllable;
            int final = index % Finals;
            (first, second) = final != 0
                ? (syllable - final, NoFinal + final)
                : (FirstInitial + (index / (Vowels * Finals)), FirstVowel + (index / Finals % Vowels));
            return (uint)index < Syllables;
        }

        internal static int Compose(int first, int second)
        {
            int initial = first - FirstInitial;
            int vowel = second - FirstVowel;
            if ((uint)initial < Initials && (uint)vowel < Vowels)
            {
                return FirstSyllable + (((initial * Vowels) + vowel) * Finals);
            }

            int index = first - FirstSyllable;
            int final = second - NoFinal;
            return (uint)index < Syllables && index % Finals == 0 && final is > 0 and < Finals ? first + final : None;
        }
    }
}
