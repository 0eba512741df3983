namespace TinyGpt.Chat.Jinja.Values;

// A value is an object: None, bool, Int128, double, TrackedText, or one of the types below. Null is no value.

/// <summary>Python's <c>None</c>.</summary>
internal sealed class None
{
    internal static readonly None Instance = new();

    private None()
    {
    }
}

/// <summary>A name or member that is not there. Printing it gives nothing; most other uses are an error.</summary>
internal sealed class Undefined(string problem, bool isForbidden = false)
{
    internal TemplateException Fail() => new(isForbidden ? TemplateErrorKind.Forbidden : TemplateErrorKind.Value, problem);

    internal static Undefined Name(string name) => new($"'{name}' is undefined");
}

/// <summary>A list, or a tuple.</summary>
internal sealed class Sequence(IReadOnlyList<object> items, bool isTuple = false, string[]? names = null)
{
    internal IReadOnlyList<object> Items { get; } = items;

    internal bool IsTuple { get; } = isTuple;

    /// <summary>The names of a named tuple's members.</summary>
    internal string[]? Names { get; } = names;
}

/// <summary>Python's <c>range</c>.</summary>
internal sealed class IntegerRange(Int128 start, Int128 step, int count)
{
    internal int Count { get; } = count;

    internal Int128 Start { get; } = start;

    internal Int128 Step { get; } = step;

    internal object this[int index] => Start + (Step * index);
}

/// <summary>What <c>keys()</c>, <c>values()</c> and <c>items()</c> give: it can be counted and walked, but has no positions.</summary>
internal sealed class DictionaryView(string name, IReadOnlyList<object> items)
{
    internal string Name { get; } = name;

    internal IReadOnlyList<object> Items { get; } = items;
}

/// <summary>What can be walked once and has no length, such as the result of <c>map</c>.</summary>
internal sealed class Generator(IReadOnlyList<object> items, string name = "generator")
{
    private int _next;

    internal string Name { get; } = name;

    internal IEnumerable<object> Take()
    {
        while (_next < items.Count)
        {
            yield return items[_next++];
        }
    }
}

/// <summary>The one thing that a template can change.</summary>
internal sealed class Namespace
{
    internal OrderedDictionary<string, object> Members { get; } = [];
}

/// <summary>Something that can be called.</summary>
internal sealed class Callable(string name, Func<Arguments, object> body)
{
    internal string Name { get; } = name;

    internal object Call(Arguments arguments) => body(arguments);

    /// <summary>What the callable has beside being called.</summary>
    internal IReadOnlyDictionary<string, object>? Members { get; init; }
}

/// <summary>A dictionary that keeps the order of insertion.</summary>
internal sealed class Mapping
{
    private readonly OrderedDictionary<object, object> _items = new(KeyComparer.Instance);

    internal int Count => _items.Count;

    internal OrderedDictionary<object, object> Items => _items;

    internal void Set(object key, object value)
    {
        if (!KeyComparer.CanBeKey(key))
        {
            throw new TemplateException(TemplateErrorKind.Value, $"a value of the type {Types.Name(key)} cannot be a key");
        }

        _items[key] = value;
    }

    internal void Set(string key, object value) => Set(new TrackedText(key, false), value);

    internal bool TryGet(object key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? value)
    {
        value = null;
        return KeyComparer.CanBeKey(key) && _items.TryGetValue(key, out value);
    }

    internal bool TryGet(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out object? value) =>
        TryGet(new TrackedText(key, false), out value);
}
