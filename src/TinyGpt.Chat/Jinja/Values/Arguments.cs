namespace TinyGpt.Chat.Jinja.Values;

/// <summary>The arguments of a call.</summary>
internal sealed class Arguments(string function, IReadOnlyList<object> positional, OrderedDictionary<string, object>? named = null)
{
    internal static readonly OrderedDictionary<string, object> NoNames = [];

    internal IReadOnlyList<object> Positional { get; } = positional;

    internal OrderedDictionary<string, object> Named { get; } = named ?? NoNames;

    internal string Function => function;

    /// <summary>Assigns the arguments to parameters.</summary>
    /// <param name="required">How many of the parameters must be given.</param>
    /// <param name="names">The parameters' names.</param>
    /// <returns>A value for each parameter, or null where none was given.</returns>
    internal object?[] Bind(int required, params ReadOnlySpan<string> names)
    {
        if (Positional.Count > names.Length)
        {
            throw Fail($"takes {names.Length} arguments and was given {Positional.Count}");
        }

        object?[] values = new object?[names.Length];
        for (int i = 0; i < Positional.Count; i++)
        {
            values[i] = Positional[i];
        }

        foreach ((string name, object value) in Named)
        {
            int index = names.IndexOf(name);
            if (index < 0)
            {
                throw Fail($"has no argument '{name}'");
            }

            if (values[index] is not null)
            {
                throw Fail($"was given its argument '{name}' twice");
            }

            values[index] = value;
        }

        for (int i = 0; i < required; i++)
        {
            if (values[i] is null)
            {
                throw Fail($"needs its argument '{names[i]}'");
            }
        }

        return values;
    }

    internal Arguments WithoutFirst(int count) => new(function, [.. Positional.Skip(count)], Named);

    internal TemplateException Fail(string problem) => new(TemplateErrorKind.Value, $"'{function}' {problem}");
}
