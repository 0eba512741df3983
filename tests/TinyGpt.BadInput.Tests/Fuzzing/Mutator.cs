using System.Globalization;
using System.Text;

namespace TinyGpt.BadInput.Tests.Fuzzing;

/// <summary>Damages bytes at random: the same seed gives the same damage.</summary>
internal sealed class Mutator(int seed)
{
    private const int MostDamages = 4;
    private const int LongestSplice = 64;

    private static readonly string[] Numbers =
    [
        "0", "-1", "1", "2", "7", "63", "64", "65", "255", "256", "1024", "65535", "65536", "1048575", "1048576", "2147483647", "2147483648",
        "4294967295", "4294967296", "1099511627776", "9223372036854775807", "18446744073709551615", "1e99", "0.5", "-0", "null", "[]", "\"\"",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A number from 0 to one less than the limit.</summary>
    public int Below(int limit) => _random.Next(limit);

    /// <summary>Damages a copy in one to four ways.</summary>
    public byte[] Damage(byte[] image)
    {
        byte[] result = (byte[])image.Clone();
        for (int left = 1 + Below(MostDamages); left > 0 && result.Length > 0; left--)
        {
            result = Below(8) switch
            {
                0 => FlipBit(result),
                1 => SetByte(result),
                2 => SetWord(result),
                3 => Splice(result, insert: true),
                4 => Splice(result, insert: false),
                5 => result[..Below(result.Length)],
                _ => ReplaceNumber(result),
            };
        }

        return result;
    }

    private byte[] FlipBit(byte[] image)
    {
        image[Below(image.Length)] ^= (byte)(1 << Below(8));
        return image;
    }

    private byte[] SetByte(byte[] image)
    {
        ReadOnlySpan<byte> values = [0, 1, 0x7F, 0x80, 0xFF, (byte)'"', (byte)'{', (byte)'}', (byte)'[', (byte)','];
        image[Below(image.Length)] = values[Below(values.Length)];
        return image;
    }

    /// <summary>Four bytes that are a number on some border, where a header is likely to have one.</summary>
    private byte[] SetWord(byte[] image)
    {
        ReadOnlySpan<uint> values = [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x00010000, 0x40000000];
        int words = image.Length / sizeof(uint);
        if (words > 0)
        {
            int word = Below(Below(2) == 0 ? Math.Min(words, 16) : words);
            BitConverter.TryWriteBytes(image.AsSpan(word * sizeof(uint)), values[Below(values.Length)]);
        }

        return image;
    }

    /// <summary>Copies a piece of the file to another place in it, over what is there or before it.</summary>
    private byte[] Splice(byte[] image, bool insert)
    {
        int from = Below(image.Length);
        byte[] piece = image[from..(from + Math.Min(Below(LongestSplice), image.Length - from))];
        int to = Below(image.Length);
        if (insert)
        {
            return [.. image[..to], .. piece, .. image[to..]];
        }

        piece.AsSpan(0, Math.Min(piece.Length, image.Length - to)).CopyTo(image.AsSpan(to));
        return image;
    }

    /// <summary>Puts another number where text has one.</summary>
    private byte[] ReplaceNumber(byte[] image)
    {
        int start = image.AsSpan(Below(image.Length)).IndexOfAnyInRange((byte)'0', (byte)'9');
        start = start < 0 ? image.AsSpan().IndexOfAnyInRange((byte)'0', (byte)'9') : start;
        if (start < 0)
        {
            return image;
        }

        int end = start;
        while (end < image.Length && image[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        string number = Numbers[Below(Numbers.Length)];
        if (Below(4) == 0 && long.TryParse(Encoding.ASCII.GetString(image, start, end - start), CultureInfo.InvariantCulture, out long old))
        {
            number = (old + Below(3) - 1).ToString(CultureInfo.InvariantCulture);
        }

        return [.. image[..start], .. Encoding.ASCII.GetBytes(number), .. image[end..]];
    }
}
