namespace TinyGpt.Chat.Jinja.Values;

/// <summary>What filters, tests and methods need of the rendering that calls them.</summary>
internal abstract class Runtime(Budget budget, Func<DateTimeOffset> clock)
{
    internal Budget Budget { get; } = budget;

    internal Operations Operations { get; } = new(budget);

    /// <summary>The time for <c>strftime_now</c>.</summary>
    internal DateTimeOffset Now => clock();

    /// <summary><c>target.name</c>.</summary>
    internal abstract object Member(object target, string name);

    /// <summary><c>target[key]</c>.</summary>
    internal abstract object Item(object target, object key);

    internal abstract object Call(object target, Arguments arguments);

    /// <summary>Applies a filter to the first of the arguments.</summary>
    internal abstract object Filter(string name, Arguments arguments);

    /// <summary>Asks a test about the first of the arguments.</summary>
    internal abstract bool Test(string name, Arguments arguments);

    internal abstract bool HasFilter(string name);

    internal abstract bool HasTest(string name);
}
