namespace TinyGpt.Training;

/// <summary>
/// Random numbers that are functions of what they are for, so that nothing has to be kept to go on with them: SplitMix64's output function
/// (Steele, Lea and Flood, 2014) over a seed and a number. Thread-safe.
/// </summary>
internal static class RandomOrder
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>64 random bits for a seed and a number.</summary>
    public static ulong Bits(ulong seed, long number)
    {
        ulong value = Mix(seed + Golden) + (((ulong)number + 1) * Golden);
        return Mix(value);
    }

    /// <summary>A random number from 0, to below 1.</summary>
    public static double Uniform(ulong seed, long number) => (Bits(seed, number) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Shuffles (Fisher and Yates); the same seed gives the same order.</summary>
    public static void Shuffle(Span<int> items, ulong seed)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            // The high half of a 128-bit product: an index without the bias of a remainder.
            int other = (int)Math.BigMul(Bits(seed, last), (ulong)last + 1, out _);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
