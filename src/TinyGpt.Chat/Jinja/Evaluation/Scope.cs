namespace TinyGpt.Chat.Jinja.Evaluation;

/// <summary>Names and their values; what is not here may be in the scope around it.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    internal void Set(string name, object value) => _values[name] = value;

    internal object? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out object? value))
            {
                return value;
            }
        }

        return null;
    }

    private Scope? Outer { get; } = outer;
}
