namespace TinyGpt.Arm64;

/// <summary>
/// Pseudo-random inputs (SplitMix64; Steele, Lea and Flood, 2014) that are the same bits on every machine: whole numbers, exact float
/// operations and powers of two made from bits, but nothing of the C library, whose powers and logarithms differ between systems.
/// </summary>
internal sealed class SeededNumbers(ulong seed)
{
    private const int ExponentBias = 127;
    private const int MantissaBits = 23;

    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong value = _state;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    /// <summary>A number from 0 to <paramref name="end"/> - 1.</summary>
    public int Next(int end) => (int)((NextBits() >> 32) * (uint)end >> 32);

    /// <summary>A number from <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public int Next(int first, int last) => first + Next(last - first + 1);

    /// <summary>A number from -1 to below 1; every value is a multiple of 2⁻²³, so nothing was rounded.</summary>
    public float NextFloat() => ((int)(NextBits() >> 40) - (1 << MantissaBits)) / (float)(1 << MantissaBits);

    /// <summary>2 to the power of an exponent between -126 and 127.</summary>
    public static float PowerOfTwo(int exponent) => BitConverter.Int32BitsToSingle((exponent + ExponentBias) << MantissaBits);

    /// <summary>
    /// Fills a row, by <paramref name="kind"/>, with ordinary numbers, zeros, numbers near the smallest, huge ones, all magnitudes mixed,
    /// or small ones around one outlier.
    /// </summary>
    public void Fill(Span<float> row, int kind)
    {
        for (int i = 0; i < row.Length; i++)
        {
            float value = NextFloat();
            row[i] = (kind % 6) switch
            {
                0 => value * 4f,
                1 => 0f,
                2 => value * PowerOfTwo(-125),
                3 => value * PowerOfTwo(100),
                4 => value * PowerOfTwo(Next(-60, 30)),
                _ => i == row.Length / 2 ? 1e6f : value,
            };
        }
    }
}
