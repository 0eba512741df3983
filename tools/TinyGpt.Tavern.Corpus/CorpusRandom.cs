namespace TinyGpt.Tavern.Corpus;

/// <summary>
/// SplitMix64 (Steele, Lea and Flood, 2014): the same numbers from the same seed on every machine, which <see cref="Random"/> does
/// not promise. Not thread-safe.
/// </summary>
internal sealed class CorpusRandom
{
    private ulong _state;

    /// <summary>Makes a generator.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="stream">Which of the seed's streams. Each talk has its stream.</param>
    public CorpusRandom(ulong seed, ulong stream = 0) => _state = Mix(seed) ^ Mix(~stream);

    /// <summary>A number in [0, <paramref name="below"/>).</summary>
    /// <param name="below">1 or more.</param>
    public int Next(int below)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(below);
        return (int)Math.BigMul(NextBits(), (ulong)below, out _);
    }

    /// <summary>A number in [<paramref name="least"/>, <paramref name="most"/>].</summary>
    public int Between(int least, int most) => least + Next(most - least + 1);

    /// <summary>True once in a while.</summary>
    /// <param name="percent">How often, 0 to 100.</param>
    public bool Percent(int percent) => Next(100) < percent;

    /// <summary>One of some choices, each as likely as the others.</summary>
    public T Pick<T>(IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    /// <summary>Spreads every bit of a number over all of its bits; the finalizer of SplitMix64.</summary>
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private ulong NextBits()
    {
        ulong bits = Mix(_state);
        _state += 0x9E3779B97F4A7C15;
        return bits;
    }
}
