namespace TinyGpt.Dialogue.Talks;

/// <summary>
/// Seeds and random numbers from one seed: SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators"), the
/// same on every machine.
/// </summary>
internal static class SeedSequence
{
    private const ulong Increment = 0x9E3779B97F4A7C15;

    /// <summary>The seed of a part, such as a talk of a stage or an answer of a talk.</summary>
    public static ulong Derive(ulong seed, ulong index) => Mix(Mix(seed) + (index * Increment));

    /// <summary>The multiple of 2⁻⁵³ in [0, 1) that a seed maps to.</summary>
    public static double Fraction(ulong seed) => (Mix(seed) >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong value)
    {
        value += Increment;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
