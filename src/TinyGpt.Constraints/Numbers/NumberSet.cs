namespace TinyGpt.Constraints.Numbers;

/// <summary>A set of numbers as a union of ranges: closed under union, intersection and complement. Immutable.</summary>
internal sealed class NumberSet
{
    private const int MaxRanges = 2000;

    private NumberSet(IReadOnlyList<NumberRange> ranges)
    {
        Ranges = ranges;
    }

    public static NumberSet All { get; } = new([NumberRange.All]);

    public static NumberSet None { get; } = new([]);

    public IReadOnlyList<NumberRange> Ranges { get; }

    public bool IsNone => Ranges.Count == 0;

    public bool IsAll => Ranges.Any(range => range.IsAll);

    public static NumberSet Of(NumberRange range) => range.IsAll ? All : new NumberSet([range]);

    public static NumberSet Of(IReadOnlyList<NumberRange> ranges) => new(ranges);

    public bool Contains(ExactDecimal value) => Ranges.Any(range => range.Contains(value));

    public NumberSet Union(NumberSet other)
    {
        if (IsAll || other.IsNone) return this;
        if (other.IsAll || IsNone) return other;
        return new NumberSet([.. Ranges, .. other.Ranges.Where(range => !Ranges.Contains(range))]);
    }

    /// <exception cref="ConstraintException">The intersection has too many ranges.</exception>
    public NumberSet Intersect(NumberSet other)
    {
        if (IsAll || other.IsNone) return other;
        if (other.IsAll || IsNone) return this;
        List<NumberRange> ranges = [];
        foreach (NumberRange a in Ranges)
        {
            foreach (NumberRange b in other.Ranges)
            {
                if (a.Intersect(b) is { } both && !ranges.Contains(both)) ranges.Add(both);
            }

            if (ranges.Count > MaxRanges) throw new ConstraintException($"numbers are divided into more than {MaxRanges} ranges");
        }

        return new NumberSet(ranges);
    }

    public NumberSet Complement()
    {
        NumberSet result = All;
        foreach (NumberRange range in Ranges)
        {
            result = result.Intersect(new NumberSet([.. range.Complement()]));
            if (result.IsNone) break;
        }

        return result;
    }
}
