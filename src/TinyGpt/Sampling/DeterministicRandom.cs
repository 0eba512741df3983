namespace TinyGpt.Sampling;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, 2014, "Fast splittable pseudorandom number generators"): 64 bits of state, the same numbers on
/// every machine and in every version of the library.
/// </summary>
internal struct DeterministicRandom(ulong seed)
{
    /// <summary>The whole state: a generator made from it goes on where this one is.</summary>
    public ulong State { get; private set; } = seed;

    public ulong NextUInt64()
    {
        State += 0x9E3779B97F4A7C15;
        ulong mixed = State;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    /// <summary>A multiple of 2⁻⁵³ in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));
}
