namespace TinyGpt.Constraints.Numbers;

/// <summary>
/// The numbers between two bounds that are multiples of one number and of none of others. Immutable.
/// </summary>
internal sealed record NumberRange
{
    private const int MaxMultipleBits = 2000;

    public static NumberRange All { get; } = new();

    /// <summary>The lower bound; null for none.</summary>
    public ExactDecimal? Low { get; init; }

    public bool LowIsOpen { get; init; }

    /// <summary>The upper bound; null for none.</summary>
    public ExactDecimal? High { get; init; }

    public bool HighIsOpen { get; init; }

    /// <summary>What every member is a multiple of; null if nothing is asked.</summary>
    public ExactDecimal? Multiple { get; init; }

    /// <summary>What no member is a multiple of.</summary>
    public IReadOnlyList<ExactDecimal> NotMultiples { get; init; } = [];

    public bool IsAll => Low is null && High is null && Multiple is null && NotMultiples.Count == 0;

    public bool IsInteger => Multiple is { IsInteger: true };

    /// <summary>The one number that this is, if it is one.</summary>
    public ExactDecimal? Point => Low is { } low && High is { } high && low.Equals(high) ? low : null;

    public static NumberRange Of(ExactDecimal value) => new() { Low = value, High = value };

    public static NumberRange AtLeast(ExactDecimal bound, bool open = false) => new() { Low = bound, LowIsOpen = open };

    public static NumberRange AtMost(ExactDecimal bound, bool open = false) => new() { High = bound, HighIsOpen = open };

    public static NumberRange MultiplesOf(ExactDecimal divisor) => new() { Multiple = divisor };

    public bool Contains(ExactDecimal value)
    {
        if (Low is { } low && value.CompareTo(low) is int toLow && (toLow < 0 || (toLow == 0 && LowIsOpen))) return false;
        if (High is { } high && value.CompareTo(high) is int toHigh && (toHigh > 0 || (toHigh == 0 && HighIsOpen))) return false;
        if (Multiple is { } multiple && !value.IsMultipleOf(multiple)) return false;
        foreach (ExactDecimal divisor in NotMultiples)
        {
            if (value.IsMultipleOf(divisor)) return false;
        }

        return true;
    }

    /// <summary>What is in both; null where that is nothing as far as the bounds and divisors say.</summary>
    public NumberRange? Intersect(NumberRange other)
    {
        (ExactDecimal? low, bool lowIsOpen) = Tighter(Low, LowIsOpen, other.Low, other.LowIsOpen, 1);
        (ExactDecimal? high, bool highIsOpen) = Tighter(High, HighIsOpen, other.High, other.HighIsOpen, -1);
        if (low is { } l && high is { } h && l.CompareTo(h) is int order && (order > 0 || (order == 0 && (lowIsOpen || highIsOpen)))) return null;
        ExactDecimal? multiple = Multiple is { } a && other.Multiple is { } b
            ? ExactDecimal.LeastCommonMultiple(a, b)
            : Multiple ?? other.Multiple;
        List<ExactDecimal> notMultiples = [.. NotMultiples];
        foreach (ExactDecimal divisor in other.NotMultiples)
        {
            if (!notMultiples.Contains(divisor)) notMultiples.Add(divisor);
        }

        if (multiple is { } common && common.Mantissa.GetBitLength() > MaxMultipleBits)
        {
            throw new ConstraintException("the common multiple of several multipleOf is too large a number");
        }

        if (multiple is { } m && notMultiples.Any(divisor => m.IsMultipleOf(divisor))) return null;
        NumberRange result = new()
        {
            Low = low,
            LowIsOpen = lowIsOpen,
            High = high,
            HighIsOpen = highIsOpen,
            Multiple = multiple,
            NotMultiples = notMultiples,
        };
        return result.Point is not { } point ? result : result.Contains(point) ? Of(point) : null;
    }

    /// <summary>The numbers that are not in this range.</summary>
    public IEnumerable<NumberRange> Complement()
    {
        if (Low is { } low) yield return AtMost(low, !LowIsOpen);
        if (High is { } high) yield return AtLeast(high, !HighIsOpen);
        if (Multiple is { } multiple) yield return new NumberRange { NotMultiples = [multiple] };
        foreach (ExactDecimal divisor in NotMultiples) yield return MultiplesOf(divisor);
    }

    private static (ExactDecimal? Bound, bool IsOpen) Tighter(ExactDecimal? a, bool aIsOpen, ExactDecimal? b, bool bIsOpen, int direction)
    {
        if (a is not { } x) return (b, bIsOpen);
        if (b is not { } y) return (a, aIsOpen);
        int order = x.CompareTo(y) * direction;
        return order > 0 ? (a, aIsOpen) : order < 0 ? (b, bIsOpen) : (a, aIsOpen || bIsOpen);
    }
}
