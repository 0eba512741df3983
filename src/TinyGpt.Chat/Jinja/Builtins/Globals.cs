using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>The functions that every template has.</summary>
internal static class Globals
{
    private const int MaxRange = 100_000;

    internal static Dictionary<string, object> Create(Runtime runtime) => new(StringComparer.Ordinal)
    {
        ["range"] = new Callable("range", Range),
        ["dict"] = new Callable("dict", arguments => Dictionary(arguments, runtime)),
        ["namespace"] = new Callable("namespace", arguments =>
        {
            Namespace space = new();
            foreach ((object key, object value) in Dictionary(arguments, runtime).Items)
            {
                space.Members[TextMethods.RequireText(key).Value] = value;
            }

            return space;
        }),
        ["joiner"] = new Callable("joiner", Joiner),
        ["cycler"] = new Callable("cycler", Cycler),
        ["raise_exception"] = new Callable("raise_exception", arguments => throw new TemplateException(
            TemplateErrorKind.Raised, runtime.Operations.ToText(arguments.Bind(1, "message")[0]!).Value.ReplaceLineEndings(" "))),
        ["strftime_now"] = new Callable("strftime_now", arguments =>
        {
            string format = TextMethods.RequireText(arguments.Bind(1, "format")[0]!).Value;
            runtime.Budget.Characters(32L * format.Length);
            return new TrackedText(DateText.Format(runtime.Now, format), isTemplate: false);
        }),
    };

    private static IntegerRange Range(Arguments arguments)
    {
        int[] values = [.. arguments.Positional.Select(value => Numbers.ToInt(value, "an argument of range"))];
        if (values.Length is < 1 or > 3 || arguments.Named.Count > 0)
        {
            throw arguments.Fail("takes one to three numbers");
        }

        long start = values.Length == 1 ? 0 : values[0];
        long stop = values.Length == 1 ? values[0] : values[1];
        long step = values.Length == 3 ? values[2] : 1;
        if (step == 0)
        {
            throw arguments.Fail("cannot have the step 0");
        }

        long count = step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step;
        return count <= MaxRange ? new IntegerRange(start, step, (int)Math.Max(0, count))
            : throw new TemplateException(TemplateErrorKind.Limit, $"a range has more than {MaxRange} elements");
    }

    private static Mapping Dictionary(Arguments arguments, Runtime runtime)
    {
        Mapping result = new();
        if (arguments.Positional.Count > 1)
        {
            throw arguments.Fail("takes one positional argument");
        }

        if (arguments.Positional is [Mapping source])
        {
            runtime.Budget.Elements(source.Count);
            foreach ((object key, object value) in source.Items)
            {
                result.Set(key, value);
            }
        }
        else if (arguments.Positional is [var pairs])
        {
            foreach (object pair in runtime.Operations.Elements(pairs))
            {
                IReadOnlyList<object> items = runtime.Operations.Elements(pair);
                runtime.Budget.Elements(1);
                result.Set(items.Count == 2 ? items[0] : throw arguments.Fail("needs pairs"), items[1]);
            }
        }

        foreach ((string name, object value) in arguments.Named)
        {
            result.Set(name, value);
        }

        return result;
    }

    private static Callable Joiner(Arguments arguments)
    {
        object separator = arguments.Bind(0, "sep")[0] ?? new TrackedText(", ", isTemplate: true);
        bool isUsed = false;
        return new Callable("joiner", call =>
        {
            call.Bind(0);
            (bool wasUsed, isUsed) = (isUsed, true);
            return wasUsed ? separator : TrackedText.Empty;
        });
    }

    private static Namespace Cycler(Arguments arguments)
    {
        IReadOnlyList<object> items = arguments.Positional.Count > 0 ? arguments.Positional : throw arguments.Fail("needs at least one item");
        Namespace cycler = new();
        int position = 0;
        cycler.Members["current"] = items[0];
        void Move(int to)
        {
            position = to;
            cycler.Members["current"] = items[to];
        }

        cycler.Members["next"] = new Callable("next", call =>
        {
            object item = items[position];
            Move((position + 1) % items.Count);
            return item;
        });
        cycler.Members["reset"] = new Callable("reset", call =>
        {
            Move(0);
            return None.Instance;
        });
        return cycler;
    }
}
