using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>What can be asked with <c>is</c>.</summary>
internal static class Tests
{
    private delegate bool Test(object value, Arguments arguments, Runtime runtime);

    private static readonly Dictionary<string, Test> All = Create();

    internal static IReadOnlySet<string> Names { get; } = All.Keys.ToHashSet(StringComparer.Ordinal);

    internal static bool Ask(string name, Arguments arguments, Runtime runtime) => All.TryGetValue(name, out Test? test)
        ? test(arguments.Positional[0], arguments, runtime)
        : throw new TemplateException(TemplateErrorKind.Syntax, $"there is no test '{name}'");

    private static Dictionary<string, Test> Create()
    {
        Dictionary<string, Test> tests = new(StringComparer.Ordinal)
        {
            ["defined"] = Simple((value, _) => value is not Undefined),
            ["undefined"] = Simple((value, _) => value is Undefined),
            ["none"] = Simple((value, _) => value is None),
            ["boolean"] = Simple((value, _) => value is bool),
            ["true"] = Simple((value, _) => value is true),
            ["false"] = Simple((value, _) => value is false),
            ["integer"] = Simple((value, _) => value is Int128),
            ["float"] = Simple((value, _) => value is double),
            ["number"] = Simple((value, _) => Numbers.IsNumber(value)),
            ["string"] = Simple((value, _) => value is TrackedText),
            ["mapping"] = Simple((value, _) => value is Mapping),
            ["sequence"] = Simple((value, _) => value is TrackedText or Sequence or Mapping or IntegerRange or Undefined),
            ["iterable"] = Simple((value, _) => Operations.CanIterate(value)),
            ["callable"] = Simple((value, _) => value is Callable or Undefined),
            ["escaped"] = Simple((value, _) => value is TrackedText { IsMarkup: true }),
            ["lower"] = Simple((value, runtime) => TextMethods.IsLower(runtime.Operations.ToText(value))),
            ["upper"] = Simple((value, runtime) => TextMethods.IsUpper(runtime.Operations.ToText(value))),
            ["odd"] = Simple((value, _) => IsRemainder(value, (Int128)2, 1)),
            ["even"] = Simple((value, _) => IsRemainder(value, (Int128)2, 0)),
            ["divisibleby"] = (value, arguments, _) => IsRemainder(value, Other(arguments), 0),
            ["in"] = (value, arguments, runtime) => runtime.Operations.Contains(Other(arguments), value),
            ["sameas"] = (value, arguments, _) => IsSame(value, Other(arguments)),
            ["filter"] = Simple((value, runtime) => value is TrackedText name && runtime.HasFilter(name.Value)),
            ["test"] = Simple((value, runtime) => value is TrackedText name && runtime.HasTest(name.Value)),
        };
        Add(tests, (a, b, operations) => operations.AreEqual(a, b), "eq", "==", "equalto");
        Add(tests, (a, b, operations) => !operations.AreEqual(a, b), "ne", "!=");
        Add(tests, (a, b, operations) => operations.Compare(a, b, "<") < 0, "lt", "<", "lessthan");
        Add(tests, (a, b, operations) => operations.Compare(a, b, "<=") <= 0, "le", "<=");
        Add(tests, (a, b, operations) => operations.Compare(a, b, ">") > 0, "gt", ">", "greaterthan");
        Add(tests, (a, b, operations) => operations.Compare(a, b, ">=") >= 0, "ge", ">=");
        return tests;
    }

    private static Test Simple(Func<object, Runtime, bool> test) => (value, arguments, runtime) =>
    {
        arguments.Bind(1, "value");
        return test(value, runtime);
    };

    private static void Add(Dictionary<string, Test> tests, Func<object, object, Operations, bool> compare, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            tests[name] = (value, arguments, runtime) => compare(value, Other(arguments), runtime.Operations);
        }
    }

    private static object Other(Arguments arguments) => arguments.Bind(2, "value", "other")[1]!;

    private static bool IsRemainder(object value, object divisor, Int128 remainder) =>
        Numbers.IsNumber(value) && Numbers.IsNumber(divisor)
            ? Numbers.AreEqual(Numbers.Calculate("%", value, divisor), remainder)
            : throw Types.Fail(value, "is not a number");

    private static bool IsSame(object a, object b) => (a, b) switch
    {
        (Int128 x, Int128 y) => x == y,
        (bool x, bool y) => x == y,
        (TrackedText x, TrackedText y) => x.Value == y.Value,
        _ => ReferenceEquals(a, b),
    };
}
