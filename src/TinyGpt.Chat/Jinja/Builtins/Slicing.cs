using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Python's slices.</summary>
internal static class Slicing
{
    /// <summary>The bounds of a slice with the step 1, within a length.</summary>
    internal static (int Start, int End) Bounds(object? start, object? end, int length)
    {
        (int first, int last, _) = Bounds(start, end, null, length);
        return (first, last);
    }

    internal static object Slice(object target, object? start, object? stop, object? step, Operations operations)
    {
        switch (target)
        {
            case TrackedText text:
                return SliceText(text, start, stop, step, operations.Budget);
            case Sequence sequence:
                return new Sequence(Pick(sequence.Items.Count, start, stop, step, i => sequence.Items[i], operations.Budget), sequence.IsTuple);
            case IntegerRange range:
                (int first, int last, int by) = Bounds(start, stop, step, range.Count);
                int count = by > 0 ? Math.Max(0, (last - first + by - 1) / by) : Math.Max(0, (first - last - by - 1) / -by);
                return new IntegerRange(range.Start + (range.Step * first), range.Step * by, count);
            default:
                throw Types.Fail(target, "cannot be sliced");
        }
    }

    private static TrackedText SliceText(TrackedText text, object? start, object? stop, object? step, Budget budget)
    {
        int length = Characters.Count(text, budget);
        (int first, int last, int by) = Bounds(start, stop, step, length);
        if (by == 1)
        {
            int offset = Characters.Offset(text, first, budget);
            int end = Characters.Offset(text, Math.Max(first, last), budget);
            budget.Characters(end - offset);
            return text.Slice(offset, end - offset);
        }

        List<object> characters = Characters.Split(text, budget);
        TrackedTextBuilder result = new(budget);
        for (long i = first; by > 0 ? i < last : i > last; i += by)
        {
            result.Append((TrackedText)characters[(int)i]);
        }

        return result.Finish(text.IsMarkup);
    }

    private static List<object> Pick(int length, object? start, object? stop, object? step, Func<int, object> item, Budget budget)
    {
        (int first, int last, int by) = Bounds(start, stop, step, length);
        List<object> picked = [];
        for (long i = first; by > 0 ? i < last : i > last; i += by)
        {
            budget.Elements(1);
            picked.Add(item((int)i));
        }

        return picked;
    }

    private static (int Start, int End, int Step) Bounds(object? start, object? end, object? step, int length)
    {
        int by = step is null or None ? 1 : Numbers.ToInt(step, "the step of a slice");
        if (by == 0)
        {
            throw new TemplateException(TemplateErrorKind.Value, "the step of a slice cannot be 0");
        }

        by = Math.Max(by, -int.MaxValue);
        int low = by > 0 ? 0 : -1;
        int high = by > 0 ? length : length - 1;
        return (Bound(start, by > 0 ? low : high), Bound(end, by > 0 ? high : low), by);

        int Bound(object? value, int missing)
        {
            if (value is null or None)
            {
                return missing;
            }

            long index = Numbers.ToInt(value, "a bound of a slice");
            return (int)Math.Clamp(index < 0 ? index + length : index, low, high);
        }
    }
}
