using System.Globalization;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>The methods of Python's <c>str</c>.</summary>
internal static class TextMethods
{
    private delegate object Method(TrackedText text, Arguments arguments, Runtime runtime);

    private static readonly Dictionary<string, Method> Methods = new(StringComparer.Ordinal)
    {
        ["strip"] = (text, arguments, runtime) => Strip(text, arguments, true, true, runtime),
        ["lstrip"] = (text, arguments, runtime) => Strip(text, arguments, true, false, runtime),
        ["rstrip"] = (text, arguments, runtime) => Strip(text, arguments, false, true, runtime),
        ["split"] = (text, arguments, runtime) => Split(text, arguments, false, runtime),
        ["rsplit"] = (text, arguments, runtime) => Split(text, arguments, true, runtime),
        ["splitlines"] = SplitLines,
        ["startswith"] = (text, arguments, runtime) => HasAffix(text, arguments, (part, affix) => part.StartsWith(affix, StringComparison.Ordinal), runtime),
        ["endswith"] = (text, arguments, runtime) => HasAffix(text, arguments, (part, affix) => part.EndsWith(affix, StringComparison.Ordinal), runtime),
        ["replace"] = Replace,
        ["upper"] = (text, arguments, runtime) => Without(arguments, TextOperations.Upper(text, runtime.Budget)),
        ["lower"] = (text, arguments, runtime) => Without(arguments, TextOperations.Lower(text, runtime.Budget)),
        ["casefold"] = (text, arguments, runtime) => Without(arguments, TextOperations.Lower(text, runtime.Budget)),
        ["capitalize"] = (text, arguments, runtime) => Without(arguments, TextOperations.Capitalize(text, runtime.Budget)),
        ["title"] = (text, arguments, runtime) => Without(arguments, TextOperations.Title(text, c => !char.IsLetter(c), runtime.Budget)),
        ["swapcase"] = SwapCase,
        ["join"] = (text, arguments, runtime) => TextOperations.Join(text, RequireTexts(runtime.Operations.Elements(arguments.Bind(1, "iterable")[0]!)), runtime.Operations),
        ["find"] = (text, arguments, runtime) => Find(text, arguments, false, runtime),
        ["rfind"] = (text, arguments, runtime) => Find(text, arguments, true, runtime),
        ["index"] = (text, arguments, runtime) => RequireFound(Find(text, arguments, false, runtime)),
        ["rindex"] = (text, arguments, runtime) => RequireFound(Find(text, arguments, true, runtime)),
        ["count"] = (text, arguments, runtime) => Count(text, arguments, runtime),
        ["isdigit"] = (text, arguments, _) => Without(arguments, All(text, char.IsDigit)),
        ["isdecimal"] = (text, arguments, _) => Without(arguments, All(text, char.IsDigit)),
        ["isnumeric"] = (text, arguments, _) => Without(arguments, All(text, char.IsNumber)),
        ["isalpha"] = (text, arguments, _) => Without(arguments, All(text, char.IsLetter)),
        ["isalnum"] = (text, arguments, _) => Without(arguments, All(text, c => char.IsLetter(c) || char.IsNumber(c))),
        ["isspace"] = (text, arguments, _) => Without(arguments, All(text, Characters.IsSpace)),
        ["isascii"] = (text, arguments, _) => Without(arguments, text.Length == 0 || All(text, char.IsAscii)),
        ["isidentifier"] = (text, arguments, _) => Without(arguments, All(text, c => c == '_' || char.IsLetterOrDigit(c)) && !char.IsDigit(text.Value[0])),
        ["isupper"] = (text, arguments, _) => Without(arguments, IsUpper(text)),
        ["islower"] = (text, arguments, _) => Without(arguments, IsLower(text)),
        ["istitle"] = (text, arguments, runtime) => Without(
            arguments, text.Value.Any(char.IsLetter) && TextOperations.Title(text, c => !char.IsLetter(c), runtime.Budget).Value == text.Value),
        ["zfill"] = FillZeros,
        ["ljust"] = (text, arguments, runtime) => Pad(text, arguments, 0, runtime),
        ["rjust"] = (text, arguments, runtime) => Pad(text, arguments, 1, runtime),
        ["center"] = (text, arguments, runtime) => Pad(text, arguments, 2, runtime),
        ["partition"] = (text, arguments, runtime) => Partition(text, arguments, false, runtime),
        ["rpartition"] = (text, arguments, runtime) => Partition(text, arguments, true, runtime),
        ["removeprefix"] = (text, arguments, _) => RequireText(arguments.Bind(1, "prefix")[0]!) is { Length: > 0 } prefix
            && text.Value.StartsWith(prefix.Value, StringComparison.Ordinal) ? text.Slice(prefix.Length) : text,
        ["removesuffix"] = (text, arguments, _) => RequireText(arguments.Bind(1, "suffix")[0]!) is { Length: > 0 } suffix
            && text.Value.EndsWith(suffix.Value, StringComparison.Ordinal) ? text.Slice(0, text.Length - suffix.Length) : text,
        ["expandtabs"] = ExpandTabs,
        ["format"] = (text, arguments, runtime) => FieldFormat.Format(text, arguments, runtime),
    };

    internal static Callable? Find(TrackedText text, string name, Runtime runtime) =>
        Methods.TryGetValue(name, out Method? method) ? new Callable(name, arguments => method(text, arguments, runtime)) : null;

    internal static bool IsUpper(TrackedText text) => text.Value.Any(char.IsUpper) && !text.Value.Any(char.IsLower);

    internal static bool IsLower(TrackedText text) => text.Value.Any(char.IsLower) && !text.Value.Any(char.IsUpper);

    internal static TrackedText RequireText(object value) => value as TrackedText ?? throw Types.Fail(value, "is not a text");

    private static object Without(Arguments arguments, object result) =>
        arguments.Positional.Count + arguments.Named.Count == 0 ? result : throw arguments.Fail("takes no arguments");

    private static bool All(TrackedText text, Func<char, bool> predicate) => text.Length > 0 && text.Value.All(predicate);

    private static TrackedText Strip(TrackedText text, Arguments arguments, bool left, bool right, Runtime runtime)
    {
        object? characters = arguments.Bind(0, "chars")[0];
        return TextOperations.Strip(text, characters is null or None ? null : RequireText(characters).Value, left, right, runtime.Budget);
    }

    private static Sequence Split(TrackedText text, Arguments arguments, bool fromRight, Runtime runtime)
    {
        object?[] values = arguments.Bind(0, "sep", "maxsplit");
        string? separator = values[0] is null or None ? null : RequireText(values[0]!).Value;
        int most = values[1] is { } given ? Numbers.ToInt(given, "maxsplit") : -1;
        return new Sequence(TextOperations.Split(text, separator, most, fromRight, runtime.Budget));
    }

    private static Sequence SplitLines(TrackedText text, Arguments arguments, Runtime runtime)
    {
        object? keepEnds = arguments.Bind(0, "keepends")[0];
        return new Sequence(TextOperations.SplitLines(text, keepEnds is not null && Operations.IsTrue(keepEnds), runtime.Budget));
    }

    private static bool HasAffix(TrackedText text, Arguments arguments, Func<string, string, bool> has, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "affix", "start", "end");
        string part = Range(text, values[1], values[2], runtime, out _).Value;
        runtime.Budget.Scan(part.Length);
        return values[0] is Sequence { IsTuple: true } affixes
            ? affixes.Items.Any(affix => has(part, RequireText(affix).Value))
            : has(part, RequireText(values[0]!).Value);
    }

    private static TrackedText Replace(TrackedText text, Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(2, "old", "new", "count");
        int most = values[2] is { } count ? Numbers.ToInt(count, "count") : -1;
        return TextOperations.Replace(text, RequireText(values[0]!), RequireText(values[1]!), most, runtime.Budget);
    }

    private static object SwapCase(TrackedText text, Arguments arguments, Runtime runtime)
    {
        runtime.Budget.Characters(text.Length);
        return Without(arguments, text.WithValue(
            string.Concat(text.Value.Select(c => char.IsUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)))));
    }

    private static IReadOnlyList<object> RequireTexts(IReadOnlyList<object> items) =>
        items.FirstOrDefault(item => item is not TrackedText) is { } other ? throw Types.Fail(other, "cannot be joined to a text") : items;

    private static TrackedText Range(TrackedText text, object? start, object? end, Runtime runtime, out int first)
    {
        if (start is null or None && end is null or None)
        {
            first = 0;
            return text;
        }

        (first, int last) = Slicing.Bounds(start, end, Characters.Count(text, runtime.Budget));
        int offset = Characters.Offset(text, first, runtime.Budget);
        return text.Slice(offset, Characters.Offset(text, Math.Max(first, last), runtime.Budget) - offset);
    }

    private static Int128 Find(TrackedText text, Arguments arguments, bool fromRight, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "sub", "start", "end");
        TrackedText part = Range(text, values[1], values[2], runtime, out int first);
        string sought = RequireText(values[0]!).Value;
        runtime.Budget.Search(part.Length, sought.Length);
        int at = fromRight
            ? part.Value.AsSpan().LastIndexOf(sought, StringComparison.Ordinal)
            : part.Value.AsSpan().IndexOf(sought, StringComparison.Ordinal);
        return at < 0 ? -1 : first + Characters.Count(part.Slice(0, at), runtime.Budget);
    }

    private static Int128 RequireFound(Int128 index) =>
        index >= 0 ? index : throw new TemplateException(TemplateErrorKind.Value, "the text that is looked for is not there");

    private static Int128 Count(TrackedText text, Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "sub", "start", "end");
        TrackedText part = Range(text, values[1], values[2], runtime, out _);
        string sought = RequireText(values[0]!).Value;
        runtime.Budget.Search(part.Length, sought.Length);
        return sought.Length == 0 ? (Int128)Characters.Count(part, runtime.Budget) + 1 : part.Value.AsSpan().Count(sought);
    }

    private static TrackedText FillZeros(TrackedText text, Arguments arguments, Runtime runtime)
    {
        int width = Numbers.ToInt(arguments.Bind(1, "width")[0]!, "width");
        int sign = text.Length > 0 && text.Value[0] is '+' or '-' ? 1 : 0;
        TrackedText digits = TextOperations.Pad(text.Slice(sign), width - sign, '0', 1, runtime.Budget);
        return runtime.Operations.Concatenate(text.Slice(0, sign), digits);
    }

    private static TrackedText Pad(TrackedText text, Arguments arguments, int before, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "width", "fillchar");
        char fill = values[1] is null ? ' '
            : RequireText(values[1]!) is { Length: 1 } single ? single.Value[0]
            : throw arguments.Fail("needs one character to fill with");
        return TextOperations.Pad(text, Numbers.ToInt(values[0]!, "a width"), fill, before, runtime.Budget);
    }

    private static Sequence Partition(TrackedText text, Arguments arguments, bool fromRight, Runtime runtime)
    {
        TrackedText separator = RequireText(arguments.Bind(1, "sep")[0]!);
        List<object> parts = TextOperations.Split(text, separator.Value, 1, fromRight, runtime.Budget);
        return new Sequence(
            parts.Count == 2 ? [parts[0], separator, parts[1]]
            : fromRight ? [TrackedText.Empty, TrackedText.Empty, text]
            : [text, TrackedText.Empty, TrackedText.Empty],
            isTuple: true);
    }

    private static TrackedText ExpandTabs(TrackedText text, Arguments arguments, Runtime runtime)
    {
        int size = Numbers.ToInt(arguments.Bind(0, "tabsize")[0] ?? (Int128)8, "a tab size");
        TrackedTextBuilder result = new(runtime.Budget);
        int column = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text.Value[i];
            if (c == '\t')
            {
                int width = size <= 0 ? 0 : size - (column % size);
                runtime.Budget.Characters(width);
                result.Append(new string(' ', width), isTemplate: false);
                column += width;
            }
            else
            {
                result.Append(text.Slice(i, 1));
                column = c is '\n' or '\r' ? 0 : column + 1;
            }
        }

        return result.Finish(text.IsMarkup);
    }
}
