namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Names of types as Python has them.</summary>
internal static class Types
{
    internal static string Name(object value) => value switch
    {
        None => "NoneType",
        bool => "bool",
        Int128 => "int",
        double => "float",
        TrackedText { IsMarkup: true } => "Markup",
        TrackedText => "str",
        Sequence { IsTuple: true } => "tuple",
        Sequence => "list",
        Mapping => "dict",
        IntegerRange => "range",
        DictionaryView view => view.Name,
        Generator generator => generator.Name,
        Undefined => "Undefined",
        Namespace => "Namespace",
        Callable => "function",
        _ => value.GetType().Name,
    };

    /// <summary>The error for an operation on a value that does not have it; an undefined value says that it is undefined.</summary>
    internal static TemplateException Fail(object value, string problem) =>
        value is Undefined undefined ? undefined.Fail() : new TemplateException(TemplateErrorKind.Value, $"a value of the type {Name(value)} {problem}");
}
