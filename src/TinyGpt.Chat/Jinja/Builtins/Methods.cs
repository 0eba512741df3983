using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>The methods of every type. Those that would change a value are forbidden.</summary>
internal static class Methods
{
    private static readonly HashSet<string> ListChanges = ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"];
    private static readonly HashSet<string> MappingChanges = ["clear", "pop", "popitem", "setdefault", "update"];

    /// <summary>Finds a method or another member that Python's types have.</summary>
    /// <returns>The member; null where the type has none of the name.</returns>
    internal static object? Find(object target, string name, Runtime runtime)
    {
        if (name.StartsWith("__", StringComparison.Ordinal) && name.EndsWith("__", StringComparison.Ordinal) && target is not Undefined)
        {
            return Forbidden(target, name);
        }

        return target switch
        {
            TrackedText text => TextMethods.Find(text, name, runtime),
            Mapping when MappingChanges.Contains(name) => Forbidden(target, name),
            Mapping mapping => MappingMethod(mapping, name),
            Sequence { IsTuple: false } when ListChanges.Contains(name) => Forbidden(target, name),
            Sequence sequence => SequenceMethod(sequence, name, runtime),
            Namespace space => space.Members.GetValueOrDefault(name),
            Callable callable => callable.Members?.GetValueOrDefault(name),
            double number when name == "is_integer" => new Callable(name, arguments => NoArguments(arguments, number == Math.Floor(number) && double.IsFinite(number))),
            _ => null,
        };
    }

    private static Undefined Forbidden(object target, string name) =>
        new($"access to '{name}' of a {Types.Name(target)} is not allowed", isForbidden: true);

    private static object NoArguments(Arguments arguments, object value)
    {
        arguments.Bind(0);
        return value;
    }

    private static Callable? MappingMethod(Mapping mapping, string name) => name switch
    {
        "get" => new Callable(name, arguments =>
        {
            object?[] values = arguments.Bind(1, "key", "default");
            return KeyComparer.CanBeKey(values[0]!)
                ? mapping.TryGet(values[0]!, out object? value) ? value : values[1] ?? None.Instance
                : throw Types.Fail(values[0]!, "cannot be a key");
        }),
        "keys" => new Callable(name, arguments => NoArguments(arguments, new DictionaryView("dict_keys", [.. mapping.Items.Keys]))),
        "values" => new Callable(name, arguments => NoArguments(arguments, new DictionaryView("dict_values", [.. mapping.Items.Values]))),
        "items" => new Callable(name, arguments => NoArguments(arguments, new DictionaryView("dict_items", Pairs(mapping)))),
        "copy" => new Callable(name, arguments => NoArguments(arguments, mapping)),
        _ => null,
    };

    internal static IReadOnlyList<object> Pairs(Mapping mapping) =>
        [.. mapping.Items.Select(pair => new Sequence([pair.Key, pair.Value], isTuple: true))];

    private static object? SequenceMethod(Sequence sequence, string name, Runtime runtime)
    {
        switch (name)
        {
            case "copy" when !sequence.IsTuple:
                return new Callable(name, arguments => NoArguments(arguments, sequence));
            case "count":
                return new Callable(name, arguments =>
                {
                    object sought = arguments.Bind(1, "value")[0]!;
                    return (Int128)sequence.Items.Count(item => runtime.Operations.AreEqual(item, sought));
                });
            case "index":
                return new Callable(name, arguments =>
                {
                    object?[] values = arguments.Bind(1, "value", "start", "stop");
                    (int start, int end) = Slicing.Bounds(values[1], values[2], sequence.Items.Count);
                    for (int i = start; i < end; i++)
                    {
                        if (runtime.Operations.AreEqual(sequence.Items[i], values[0]!))
                        {
                            return (Int128)i;
                        }
                    }

                    throw arguments.Fail("did not find the value");
                });
            default:
                return sequence.Names is { } names && Array.IndexOf(names, name) is >= 0 and int index ? sequence.Items[index] : null;
        }
    }
}
