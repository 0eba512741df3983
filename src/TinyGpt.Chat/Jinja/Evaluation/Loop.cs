using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Evaluation;

/// <summary>The variable <c>loop</c> of a loop.</summary>
internal sealed class Loop(IReadOnlyList<object> items, int depth, Operations operations, Func<object, object>? recursion)
{
    private IReadOnlyList<object>? _last;

    internal int Index { get; set; }

    internal int Depth => depth;

    internal object? Member(string name) => name switch
    {
        "index" => (Int128)Index + 1,
        "index0" => (Int128)Index,
        "revindex" => (Int128)items.Count - Index,
        "revindex0" => (Int128)items.Count - Index - 1,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (Int128)items.Count,
        "depth" => (Int128)depth,
        "depth0" => (Int128)depth - 1,
        "previtem" => Index > 0 ? items[Index - 1] : new Undefined("there is no previous item"),
        "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new Undefined("there is no next item"),
        "cycle" => new Callable(name, arguments => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw arguments.Fail("needs items to cycle through")),
        "changed" => new Callable(name, arguments =>
        {
            bool isSame = _last is { } last && last.Count == arguments.Positional.Count
                && last.Zip(arguments.Positional).All(pair => operations.AreEqual(pair.First, pair.Second));
            _last = arguments.Positional;
            return !isSame;
        }),
        _ => null,
    };

    internal object Call(Arguments arguments) => recursion is not null
        ? recursion(arguments.Bind(1, "iterable")[0]!)
        : throw arguments.Fail("can be called only in a loop that is marked 'recursive'");
}
