using System.Diagnostics;

namespace TinyGpt.Measuring;

/// <summary>
/// Work that is timed again and again, each time between two measurements of what it is compared with. Not thread-safe.
/// </summary>
/// <param name="work">The work.</param>
/// <param name="measureReference">Measures what the machine could do a second, or gives null if there is no such figure.</param>
internal sealed class TimedWork(Action work, Func<double?> measureReference)
{
    // A repeat of a tiny model would otherwise be shorter than what the system takes from a thread at a time.
    private static readonly TimeSpan ShortestRepeat = TimeSpan.FromMilliseconds(100);

    private readonly List<double> _seconds = [];
    private readonly List<double> _references = [];
    private readonly List<double> _referenceWork = [];
    private readonly List<double> _widths = [];
    private int _rounds = 1;

    /// <summary>The time that the work took.</summary>
    public Spread Seconds => Spread.Of(_seconds.ToArray());

    /// <summary>The median of what was measured around the samples, or null if that does not exist.</summary>
    public double? Reference => MedianOf(_references);

    /// <summary>
    /// What the machine could have done in the time of a sample, or null: the median of each sample's time multiplied with what was
    /// measured before and after that very sample. The medians of the two by themselves may stem from different minutes.
    /// </summary>
    public double? ReferenceWork => MedianOf(_referenceWork);

    /// <summary>The median of <see cref="CoreWidth"/> before and after the samples.</summary>
    public double? CoreWidth => MedianOf(_widths);

    /// <summary>What all samples allocated.</summary>
    public long AllocatedBytes { get; private set; }

    /// <summary>Does the work until a time has passed, and once at least.</summary>
    public void WarmUp(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan quickest = TimeSpan.MaxValue;
        do
        {
            long begun = Stopwatch.GetTimestamp();
            work();
            TimeSpan elapsed = Stopwatch.GetElapsedTime(begun);
            quickest = elapsed < quickest ? elapsed : quickest;
        }
        while (Stopwatch.GetElapsedTime(start) < time);
        _rounds = (int)Math.Ceiling(ShortestRepeat / quickest);
    }

    /// <summary>Measures the work once, and the reference before and after it.</summary>
    public void TakeSample()
    {
        double? referenceBefore = measureReference();
        double widthBefore = Measuring.CoreWidth.Measure();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        long begun = Stopwatch.GetTimestamp();
        for (int round = 0; round < _rounds; round++)
        {
            work();
        }

        double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds / _rounds;
        AllocatedBytes += GC.GetTotalAllocatedBytes(precise: true) - before;
        _widths.Add((widthBefore + Measuring.CoreWidth.Measure()) / 2);
        _seconds.Add(seconds);
        if ((referenceBefore + measureReference()) / 2 is { } reference)
        {
            _references.Add(reference);
            _referenceWork.Add(seconds * reference);
        }
    }

    private static double? MedianOf(List<double> values) => values.Count == 0 ? null : Spread.Of(values.ToArray()).Median;
}
