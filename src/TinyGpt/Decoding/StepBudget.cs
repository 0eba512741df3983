using TinyGpt.Decoding;
using System.Diagnostics;

namespace TinyGpt;

/// <summary>
/// How long <see cref="GptEngine.Step"/> may work. It is checked between slices of about a tenth of a millisecond, so a step stops inside
/// a token when it must and goes on at the same place in the next call. A step always does at least one slice.
/// </summary>
public readonly record struct StepBudget
{
    private readonly long _ticks;
    private readonly Kind _kind;

    private StepBudget(Kind kind, long ticks)
    {
        _kind = kind;
        _ticks = ticks;
    }

    private enum Kind
    {
        Time,
        Passes,
        Unlimited,
        Slices,
    }

    /// <summary>Work until nothing is left to do.</summary>
    public static StepBudget Unlimited => new(Kind.Unlimited, long.MaxValue);

    /// <summary>Work to the end of the forward pass under way. Every session gets one token further (more if
    /// <see cref="SessionOptions.LookupTokens"/> drafted right), or one chunk of its prompt.</summary>
    public static StepBudget OnePass => new(Kind.Passes, 1);

    /// <summary>The time to work for, or null where the budget is none of time.</summary>
    public TimeSpan? Duration => _kind == Kind.Time ? TimeSpan.FromSeconds((double)_ticks / Stopwatch.Frequency) : null;

    /// <summary>The number of forward passes after which the step ends.</summary>
    internal long MostPasses => _kind == Kind.Passes ? _ticks : long.MaxValue;

    /// <summary>Whether slices are counted, not timed.</summary>
    internal bool CountsSlices => _kind == Kind.Slices;

    /// <summary>Whether slices should be short.</summary>
    internal bool IsTimed => _kind == Kind.Time;

    /// <summary>Work for about this long.</summary>
    /// <param name="milliseconds">0 or more; fractions count.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative or no number.</exception>
    public static StepBudget Milliseconds(double milliseconds)
    {
        if (!(milliseconds >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(milliseconds), milliseconds, "A budget is 0 milliseconds or more.");
        }

        double ticks = milliseconds * Stopwatch.Frequency / 1000;
        return new(Kind.Time, ticks < long.MaxValue / 4 ? (long)ticks : long.MaxValue / 4);
    }

    /// <summary>
    /// Work to the end of this number of forward passes, the one under way included. Unlike a time budget, this gives every session the same tokens after
    /// the same calls on every machine.
    /// </summary>
    /// <param name="count">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public static StepBudget Passes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return new(Kind.Passes, count);
    }

    /// <summary>Work for this long.</summary>
    /// <param name="time">Zero or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public static StepBudget Time(TimeSpan time) => Milliseconds(time.TotalMilliseconds);

    /// <summary>Work for a number of slices, so that tests can stop at every boundary.</summary>
    internal static StepBudget Slices(int count) => new(Kind.Slices, count);

    /// <summary>Starts the clock.</summary>
    internal StepClock Start() => _kind switch
    {
        Kind.Time => new StepClock(Stopwatch.GetTimestamp() + _ticks, long.MaxValue),
        Kind.Slices => new StepClock(long.MaxValue, _ticks),
        _ => new StepClock(long.MaxValue, long.MaxValue),
    };
}
