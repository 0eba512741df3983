using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Filters over the elements of a value.</summary>
internal static class SequenceFilters
{
    internal static void AddTo(Dictionary<string, FilterFunction> filters)
    {
        filters["length"] = filters["count"] = (arguments, runtime) => (Int128)runtime.Operations.Length(arguments.Bind(1, "value")[0]!);
        filters["list"] = (arguments, runtime) => new Sequence(Elements(arguments.Bind(1, "value")[0]!, runtime));
        filters["items"] = (arguments, runtime) => arguments.Bind(1, "value")[0] switch
        {
            Undefined => new Generator([]),
            Mapping mapping => new Generator(Methods.Pairs(mapping)),
            { } other => throw Types.Fail(other, "has no items: it is not a mapping"),
            null => throw arguments.Fail("needs a value"),
        };
        filters["first"] = (arguments, runtime) =>
        {
            object value = arguments.Bind(1, "seq")[0]!;
            return value is Generator generator ? generator.Take().FirstOrDefault() ?? Nothing()
                : Elements(value, runtime) is [var first, ..] ? first : Nothing();
        };
        filters["last"] = (arguments, runtime) => Elements(RequireReversible(arguments.Bind(1, "seq")[0]!), runtime) is [.., var last] ? last : Nothing();
        filters["join"] = Join;
        filters["map"] = Map;
        filters["select"] = (arguments, runtime) => Select(arguments, runtime, hasAttribute: false, wanted: true);
        filters["reject"] = (arguments, runtime) => Select(arguments, runtime, hasAttribute: false, wanted: false);
        filters["selectattr"] = (arguments, runtime) => Select(arguments, runtime, hasAttribute: true, wanted: true);
        filters["rejectattr"] = (arguments, runtime) => Select(arguments, runtime, hasAttribute: true, wanted: false);
        filters["dictsort"] = SortMapping;
        filters["sort"] = Sort;
        filters["unique"] = Unique;
        filters["min"] = (arguments, runtime) => Extreme(arguments, runtime, -1);
        filters["max"] = (arguments, runtime) => Extreme(arguments, runtime, 1);
        filters["sum"] = Sum;
        filters["reverse"] = Reverse;
        filters["batch"] = Batch;
        filters["slice"] = SliceIntoColumns;
        filters["groupby"] = GroupBy;
    }

    /// <summary>A getter for <c>attribute</c>, which may be a path such as <c>function.name</c>.</summary>
    internal static Func<object, object> Getter(object? attribute, Runtime runtime, object? missing = null)
    {
        if (attribute is null or None)
        {
            return value => value;
        }

        object[] path = attribute is TrackedText text
            ? [.. text.Value.Split('.').Select(part => int.TryParse(part, out int index) && part.All(char.IsAsciiDigit) ? (object)(Int128)index : new TrackedText(part, true))]
            : [attribute];
        return value =>
        {
            foreach (object part in path)
            {
                value = runtime.Item(value, part);
                value = value is Undefined && missing is not null ? missing : value;
            }

            return value;
        };
    }

    private static IReadOnlyList<object> Elements(object value, Runtime runtime) => runtime.Operations.Elements(value);

    private static Undefined Nothing() => new("there is no element, because the sequence is empty");

    private static object RequireReversible(object value) =>
        value is Generator ? throw Types.Fail(value, "cannot be reversed") : value;

    private static TrackedText Join(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "d", "attribute");
        IReadOnlyList<object> items = Elements(values[0]!, runtime);
        if (values[2] is not (null or None))
        {
            Func<object, object> getter = Getter(values[2], runtime);
            items = [.. items.Select(getter)];
        }

        return TextOperations.Join(values[1] is { } separator ? runtime.Operations.ToText(separator).AsMarkup(false) : TrackedText.Empty, items, runtime.Operations);
    }

    private static Generator Map(Arguments arguments, Runtime runtime)
    {
        IReadOnlyList<object> items = Elements(arguments.Positional[0], runtime);
        if (arguments.Positional.Count == 1 && arguments.Named.ContainsKey("attribute"))
        {
            object?[] values = arguments.Bind(1, "value", "attribute", "default");
            return Generate(items, Getter(values[1], runtime, values[2]), runtime);
        }

        string name = arguments.Positional.Count > 1 ? runtime.Operations.ToText(arguments.Positional[1]).Value : throw arguments.Fail("needs a filter's name");
        Arguments rest = arguments.WithoutFirst(2);
        return Generate(items, item => runtime.Filter(name, new Arguments(name, [item, .. rest.Positional], rest.Named)), runtime);
    }

    private static Generator Generate(IReadOnlyList<object> items, Func<object, object> function, Runtime runtime)
    {
        runtime.Budget.Elements(items.Count);
        return new Generator([.. items.Select(function)]);
    }

    private static Generator Select(Arguments arguments, Runtime runtime, bool hasAttribute, bool wanted)
    {
        IReadOnlyList<object> items = Elements(arguments.Positional[0], runtime);
        int used = hasAttribute ? 2 : 1;
        if (arguments.Positional.Count < used)
        {
            throw arguments.Fail("needs an attribute's name");
        }

        Func<object, object> getter = hasAttribute ? Getter(arguments.Positional[1], runtime) : value => value;
        Func<object, bool> predicate = Operations.IsTrue;
        if (arguments.Positional.Count > used)
        {
            string name = runtime.Operations.ToText(arguments.Positional[used]).Value;
            Arguments rest = arguments.WithoutFirst(used + 1);
            predicate = value => runtime.Test(name, new Arguments(name, [value, .. rest.Positional], rest.Named));
        }

        runtime.Budget.Elements(items.Count);
        return new Generator([.. items.Where(item => predicate(getter(item)) == wanted)]);
    }

    private static object SortKey(object value, bool isCaseSensitive, Runtime runtime) =>
        value is TrackedText text && !isCaseSensitive ? TextOperations.Lower(text, runtime.Budget) : value;

    private static bool IsSet(object? value, Runtime runtime) => value is not null && Operations.IsTrue(value);

    /// <summary>Sorts and keeps the order of equal elements, also where the order is reversed.</summary>
    private static List<object> Sorted(IReadOnlyList<object> items, Func<object, object> key, bool isReversed, Runtime runtime)
    {
        runtime.Budget.Elements(items.Count);
        Comparer<object> comparer = Comparer<object>.Create((a, b) => ReferenceEquals(a, b) ? 0 : runtime.Operations.Compare(a, b));
        IEnumerable<(object Item, object Key)> keyed = items.Select(item => (item, key(item))).ToList();
        try
        {
            return [.. (isReversed ? keyed.OrderByDescending(pair => pair.Key, comparer) : keyed.OrderBy(pair => pair.Key, comparer)).Select(pair => pair.Item)];
        }
        catch (InvalidOperationException exception) when (exception.InnerException is TemplateException inner)
        {
            throw inner;
        }
    }

    private static Sequence SortMapping(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "case_sensitive", "by", "reverse");
        string by = values[2] is { } given ? runtime.Operations.ToText(given).Value : "key";
        int position = by switch { "key" => 0, "value" => 1, _ => throw arguments.Fail("sorts by key or value") };
        bool isCaseSensitive = IsSet(values[1], runtime);
        IReadOnlyList<object> pairs = values[0] is Mapping mapping ? Methods.Pairs(mapping) : throw Types.Fail(values[0]!, "is not a mapping");
        return new Sequence(Sorted(pairs, pair => SortKey(((Sequence)pair).Items[position], isCaseSensitive, runtime), IsSet(values[3], runtime), runtime));
    }

    private static Sequence Sort(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "reverse", "case_sensitive", "attribute");
        bool isCaseSensitive = IsSet(values[2], runtime);
        Func<object, object> key;
        if (values[3] is TrackedText { } path && path.Value.Contains(',', StringComparison.Ordinal))
        {
            Func<object, object>[] getters = [.. path.Value.Split(',').Select(part => Getter(new TrackedText(part, true), runtime))];
            key = value => new Sequence([.. getters.Select(get => SortKey(get(value), isCaseSensitive, runtime))]);
        }
        else
        {
            Func<object, object> getter = Getter(values[3], runtime);
            key = value => SortKey(getter(value), isCaseSensitive, runtime);
        }

        return new Sequence(Sorted(Elements(values[0]!, runtime), key, IsSet(values[1], runtime), runtime));
    }

    private static Generator Unique(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "case_sensitive", "attribute");
        Func<object, object> getter = Getter(values[2], runtime);
        Mapping seen = new();
        List<object> items = [];
        foreach (object item in Elements(values[0]!, runtime))
        {
            object key = SortKey(getter(item), IsSet(values[1], runtime), runtime);
            if (!seen.TryGet(key, out _))
            {
                seen.Set(key, item);
                items.Add(item);
            }
        }

        runtime.Budget.Elements(items.Count);
        return new Generator(items);
    }

    private static object Extreme(Arguments arguments, Runtime runtime, int sign)
    {
        object?[] values = arguments.Bind(1, "value", "case_sensitive", "attribute");
        Func<object, object> getter = Getter(values[2], runtime);
        object? best = null;
        object? bestKey = null;
        foreach (object item in Elements(values[0]!, runtime))
        {
            object key = SortKey(getter(item), IsSet(values[1], runtime), runtime);
            if (bestKey is null || Math.Sign(runtime.Operations.Compare(key, bestKey)) == sign)
            {
                (best, bestKey) = (item, key);
            }
        }

        return best ?? Nothing();
    }

    private static object Sum(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "iterable", "attribute", "start");
        Func<object, object> getter = Getter(values[1], runtime);
        object sum = values[2] ?? (Int128)0;
        foreach (object item in Elements(values[0]!, runtime))
        {
            object value = getter(item);
            sum = Numbers.IsNumber(sum) && Numbers.IsNumber(value) ? Numbers.Calculate("+", sum, value)
                : sum is Sequence a && value is Sequence b && a.IsTuple == b.IsTuple ? Chain(a, b, runtime)
                : throw Types.Fail(value, $"cannot be added to a {Types.Name(sum)}");
        }

        return sum;
    }

    private static Sequence Chain(Sequence a, Sequence b, Runtime runtime)
    {
        runtime.Budget.Elements(a.Items.Count + b.Items.Count);
        return new Sequence([.. a.Items, .. b.Items], a.IsTuple);
    }

    private static object Reverse(Arguments arguments, Runtime runtime)
    {
        object value = arguments.Bind(1, "value")[0]!;
        List<object> items = [.. Elements(value, runtime)];
        runtime.Budget.Elements(items.Count);
        items.Reverse();
        return value switch
        {
            TrackedText text => TextOperations.Join(TrackedText.Empty, items, runtime.Operations).AsMarkup(text.IsMarkup),
            Generator => new Sequence(items),
            _ => new Generator(items, "reversed"),
        };
    }

    private static Generator Batch(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(2, "value", "linecount", "fill_with");
        int size = Numbers.ToInt(values[1]!, "a size");
        if (size < 1)
        {
            throw arguments.Fail("needs a size of at least 1");
        }

        IReadOnlyList<object> items = Elements(values[0]!, runtime);
        runtime.Budget.Elements(items.Count + (values[2] is null ? 0 : size));
        List<object> batches = [];
        for (int start = 0; start < items.Count; start += Math.Min(size, items.Count))
        {
            List<object> batch = [.. items.Skip(start).Take(size)];
            while (values[2] is not (null or None) && batch.Count < size)
            {
                batch.Add(values[2]!);
            }

            batches.Add(new Sequence(batch));
        }

        return new Generator(batches);
    }

    private static Generator SliceIntoColumns(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(2, "value", "slices", "fill_with");
        int count = Numbers.ToInt(values[1]!, "a number of slices");
        if (count < 1)
        {
            throw arguments.Fail("needs at least 1 slice");
        }

        IReadOnlyList<object> items = Elements(values[0]!, runtime);
        runtime.Budget.Elements(items.Count + (long)count);
        List<object> slices = [];
        int start = 0;
        for (int i = 0; i < count; i++)
        {
            int length = (items.Count / count) + (i < items.Count % count ? 1 : 0);
            List<object> slice = [.. items.Skip(start).Take(length)];
            if (values[2] is not (null or None) && i >= items.Count % count)
            {
                slice.Add(values[2]!);
            }

            slices.Add(new Sequence(slice));
            start += length;
        }

        return new Generator(slices);
    }

    private static Sequence GroupBy(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(2, "value", "attribute", "default", "case_sensitive");
        bool isCaseSensitive = IsSet(values[3], runtime);
        Func<object, object> getter = Getter(values[1], runtime, values[2]);
        List<object> groups = [];
        List<object> group = [];
        object? key = null;
        foreach (object item in Sorted(Elements(values[0]!, runtime), value => SortKey(getter(value), isCaseSensitive, runtime), false, runtime))
        {
            object itemKey = SortKey(getter(item), isCaseSensitive, runtime);
            if (key is null || !runtime.Operations.AreEqual(itemKey, key))
            {
                group = [];
                groups.Add(new Sequence([getter(item), new Sequence(group)], isTuple: true, names: ["grouper", "list"]));
                key = itemKey;
            }

            group.Add(item);
        }

        return new Sequence(groups);
    }
}
