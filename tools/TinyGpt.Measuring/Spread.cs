namespace TinyGpt.Measuring;

/// <summary>What several repeats of one measurement gave.</summary>
/// <param name="Median">The middle one, or the mean of the middle two.</param>
/// <param name="Smallest">The smallest.</param>
/// <param name="Largest">The largest.</param>
public readonly record struct Spread(double Median, double Smallest, double Largest)
{
    /// <summary>Sums repeats up.</summary>
    /// <param name="samples">One or more; sorted in place.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static Spread Of(Span<double> samples)
    {
        if (samples.IsEmpty)
        {
            throw new ArgumentException("A spread needs at least one sample.", nameof(samples));
        }

        samples.Sort();
        double median = (samples[(samples.Length - 1) / 2] + samples[samples.Length / 2]) / 2;
        return new(median, samples[0], samples[^1]);
    }

    /// <summary>The same in a larger unit.</summary>
    internal Spread Divide(double by) => new(Median / by, Smallest / by, Largest / by);
}
