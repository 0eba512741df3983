using System.Buffers;
using System.Text;

namespace TinyGpt.Text.Unicode;

/// <summary>
/// Unicode's normalization form C over UTF-8 bytes (Unicode Standard Annex 15): characters are decomposed, marks brought into canonical order,
/// and what composes is composed. Bytes that are not valid UTF-8 stay as they are. Takes n log n steps at worst.
/// </summary>
internal static class CanonicalComposition
{
    // A character of a run: its combining class above its place above its code point, so that sorting keeps the order within a class.
    private const int ClassShift = 56;
    private const int PlaceShift = 21;
    private const int CodePointMask = (1 << PlaceShift) - 1;
    private const int LongestDecomposition = 4; // characters, of one

    /// <summary>The length of a text's beginning that is in form C for certain and stays so whatever follows; all of it for most texts.</summary>
    internal static int ComposedLength(ReadOnlySpan<byte> text)
    {
        int lastStart = 0;
        int end = 0;
        while (end < text.Length)
        {
            int plain = text[end..].IndexOfAnyInRange((byte)0xCC, (byte)0xFF); // U+0300 begins with CC, and nothing before it is active
            if (plain < 0)
            {
                return text.Length;
            }

            if (plain > 0)
            {
                end += plain;
                lastStart = StartOfLast(text, end);
            }

            Rune.DecodeFromUtf8(text[end..], out Rune rune, out int length); // of invalid bytes the result is U+FFFD, which is inactive
            if (CanonicalMappings.Instance.IsActive(rune.Value))
            {
                return lastStart;
            }

            lastStart = end;
            end += length;
        }

        return text.Length;
    }

    /// <summary>Appends a text in form C.</summary>
    internal static void Compose(ReadOnlySpan<byte> text, ref PooledBytes output)
    {
        while (!text.IsEmpty)
        {
            int composed = ComposedLength(text);
            output.Append(text[..composed]);
            text = text[composed..];
            if (!text.IsEmpty)
            {
                int run = LengthOfRun(text);
                ComposeRun(text[..run], ref output);
                text = text[run..];
            }
        }
    }

    /// <summary>Appends the characters of a character's full canonical decomposition.</summary>
    internal static int Decompose(int codePoint, Span<int> characters)
    {
        int count = 0;
        while (CanonicalMappings.Instance.TryDecompose(codePoint, out int first, out int second))
        {
            if (second != CanonicalMappings.None)
            {
                characters[LongestDecomposition - ++count] = second; // from the end, as the last part comes first
            }

            codePoint = first;
        }

        characters[LongestDecomposition - ++count] = codePoint;
        characters.Slice(LongestDecomposition - count, count).CopyTo(characters);
        return count;
    }

    private static int StartOfLast(ReadOnlySpan<byte> text, int end)
    {
        Rune.DecodeLastFromUtf8(text[..end], out _, out int length);
        return end - length;
    }

    /// <summary>The length of a first character, inactive or not, and the active ones that follow it. Ends at invalid bytes.</summary>
    private static int LengthOfRun(ReadOnlySpan<byte> text)
    {
        int end = 0;
        while (end < text.Length
            && Rune.DecodeFromUtf8(text[end..], out Rune rune, out int length) == OperationStatus.Done
            && (end == 0 || CanonicalMappings.Instance.IsActive(rune.Value)))
        {
            end += length;
        }

        return end > 0 ? end : InvalidLength(text);
    }

    private static int InvalidLength(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out _, out int length);
        return length;
    }

    private static void ComposeRun(ReadOnlySpan<byte> run, ref PooledBytes output)
    {
        if (Rune.DecodeFromUtf8(run, out _, out _) != OperationStatus.Done)
        {
            output.Append(run);
            return;
        }

        ulong[] pooled = ArrayPool<ulong>.Shared.Rent(checked(LongestDecomposition * run.Length));
        try
        {
            Span<ulong> characters = pooled.AsSpan(0, Decompose(run, pooled));
            Order(characters);
            foreach (ulong character in characters[..ComposeOrdered(characters)])
            {
                output.Append(new Rune(CodePoint(character)));
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(pooled);
        }
    }

    private static int Decompose(ReadOnlySpan<byte> run, Span<ulong> characters)
    {
        Span<int> parts = stackalloc int[LongestDecomposition];
        int count = 0;
        while (!run.IsEmpty)
        {
            Rune.DecodeFromUtf8(run, out Rune rune, out int length);
            run = run[length..];
            foreach (int part in parts[..Decompose(rune.Value, parts)])
            {
                ulong combiningClass = (ulong)CanonicalMappings.Instance.CombiningClass(part);
                characters[count] = (combiningClass << ClassShift) | ((ulong)count << PlaceShift) | (uint)part;
                count++;
            }
        }

        return count;
    }

    /// <summary>Sorts each sequence of marks by combining class; characters of class 0 stay where they are.</summary>
    private static void Order(Span<ulong> characters)
    {
        int start = 0;
        for (int index = 0; index <= characters.Length; index++)
        {
            if (index == characters.Length || CombiningClass(characters[index]) == 0)
            {
                characters[start..index].Sort();
                start = index + 1;
            }
        }
    }

    /// <summary>Composes from left to right, in place; returns how many characters are left.</summary>
    private static int ComposeOrdered(Span<ulong> characters)
    {
        int starter = -1;
        int count = 0;
        foreach (ulong character in characters)
        {
            int combiningClass = CombiningClass(character);

            // Nothing between may have the same class or a higher one, and nothing at all may come before a character of class 0.
            bool reaches = starter >= 0 && (count - 1 == starter || CombiningClass(characters[count - 1]) < combiningClass);
            int whole = reaches
                ? CanonicalMappings.Instance.Compose(CodePoint(characters[starter]), CodePoint(character))
                : CanonicalMappings.None;
            if (whole != CanonicalMappings.None)
            {
                characters[starter] = (uint)whole; // of class 0, as all that composes
                continue;
            }

            starter = combiningClass == 0 ? count : starter;
            characters[count++] = character;
        }

        return count;
    }

    private static int CombiningClass(ulong character) => (int)(character >> ClassShift);

    private static int CodePoint(ulong character) => (int)(character & CodePointMask);
}
