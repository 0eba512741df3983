using System.Globalization;
using System.Text;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Filters that make a text.</summary>
internal static class TextFilters
{
    internal static void AddTo(Dictionary<string, FilterFunction> filters)
    {
        filters["string"] = (arguments, runtime) => Text(arguments.Bind(1, "value")[0]!, runtime);
        filters["upper"] = (arguments, runtime) => TextOperations.Upper(Text(arguments.Bind(1, "s")[0]!, runtime), runtime.Budget);
        filters["lower"] = (arguments, runtime) => TextOperations.Lower(Text(arguments.Bind(1, "s")[0]!, runtime), runtime.Budget);
        filters["capitalize"] = (arguments, runtime) => TextOperations.Capitalize(Text(arguments.Bind(1, "s")[0]!, runtime), runtime.Budget);
        filters["title"] = (arguments, runtime) => TextOperations.Title(
            Text(arguments.Bind(1, "s")[0]!, runtime), c => c is '-' or '(' or '{' or '[' or '<' || Characters.IsSpace(c), runtime.Budget);
        filters["trim"] = Trim;
        filters["replace"] = Replace;
        filters["indent"] = Indent;
        filters["center"] = (arguments, runtime) =>
        {
            object?[] values = arguments.Bind(1, "value", "width");
            return TextOperations.Pad(Text(values[0]!, runtime), Numbers.ToInt(values[1] ?? (Int128)80, "a width"), ' ', 2, runtime.Budget);
        };
        filters["format"] = Format;
        filters["safe"] = (arguments, runtime) => Text(arguments.Bind(1, "value")[0]!, runtime).AsMarkup();
        filters["escape"] = filters["e"] = (arguments, runtime) => TextOperations.Escape(Text(arguments.Bind(1, "s")[0]!, runtime), runtime.Budget);
        filters["forceescape"] = (arguments, runtime) => TextOperations.Escape(Text(arguments.Bind(1, "value")[0]!, runtime).AsMarkup(false), runtime.Budget);
        filters["urlencode"] = UrlEncode;
        filters["truncate"] = Truncate;
        filters["wordcount"] = (arguments, runtime) => CountWords(Text(arguments.Bind(1, "s")[0]!, runtime), runtime);
        filters["pprint"] = (arguments, runtime) =>
        {
            StringBuilder text = new();
            runtime.Operations.AppendRepr(arguments.Bind(1, "value")[0]!, text);
            runtime.Budget.Characters(text.Length);
            return new TrackedText(text.ToString(), isTemplate: false);
        };
    }

    private static TrackedText Text(object value, Runtime runtime) => runtime.Operations.ToText(value);

    private static TrackedText Trim(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "chars");
        string? characters = values[1] is null or None ? null : TextMethods.RequireText(values[1]!).Value;
        return TextOperations.Strip(Text(values[0]!, runtime), characters, true, true, runtime.Budget);
    }

    private static TrackedText Replace(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(3, "s", "old", "new", "count");
        int most = values[3] is null or None ? -1 : Numbers.ToInt(values[3]!, "count");
        TrackedText text = Text(values[0]!, runtime).AsMarkup(false);
        return TextOperations.Replace(text, Text(values[1]!, runtime), Text(values[2]!, runtime), most, runtime.Budget);
    }

    private static TrackedText Indent(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "s", "width", "first", "blank");
        TrackedText indent = values[1] is TrackedText given ? given
            : TextOperations.Repeat(new TrackedText(" ", isTemplate: true), Numbers.ToInt(values[1] ?? (Int128)4, "a width"), runtime.Budget);
        bool first = values[2] is { } withFirst && Operations.IsTrue(withFirst);
        bool blank = values[3] is { } withBlank && Operations.IsTrue(withBlank);
        TrackedText text = TextMethods.RequireText(values[0]!);
        List<object> lines = TextOperations.SplitLines(
            runtime.Operations.Concatenate(text, new TrackedText("\n", isTemplate: true)), keepEnds: false, runtime.Budget);
        TrackedTextBuilder result = new(runtime.Budget);
        for (int i = 0; i < lines.Count; i++)
        {
            TrackedText line = (TrackedText)lines[i];
            if (i > 0)
            {
                result.Append("\n", isTemplate: true);
            }

            if (i == 0 ? first : blank || line.Length > 0)
            {
                result.Append(indent);
            }

            result.Append(line);
        }

        return result.Finish(text.IsMarkup);
    }

    private static TrackedText Format(Arguments arguments, Runtime runtime)
    {
        if (arguments.Positional.Count > 1 && arguments.Named.Count > 0)
        {
            throw arguments.Fail("takes positional or named values, not both");
        }

        object values = new Sequence([.. arguments.Positional.Skip(1)], isTuple: true);
        if (arguments.Named.Count > 0)
        {
            Mapping named = new();
            foreach ((string name, object value) in arguments.Named)
            {
                named.Set(name, value);
            }

            values = named;
        }

        return FieldFormat.Percent(Text(arguments.Positional[0], runtime), values, runtime);
    }

    private static TrackedText UrlEncode(Arguments arguments, Runtime runtime)
    {
        object value = arguments.Bind(1, "value")[0]!;
        if (value is TrackedText or not (Mapping or Sequence or DictionaryView or Generator))
        {
            return Quoted(value, "/", runtime);
        }

        IReadOnlyList<object> pairs = value is Mapping mapping ? Methods.Pairs(mapping) : runtime.Operations.Elements(value);
        List<object> parts = [];
        foreach (object pair in pairs)
        {
            IReadOnlyList<object> items = runtime.Operations.Elements(pair);
            parts.Add(items.Count == 2
                ? new TrackedText($"{Quoted(items[0], "", runtime).Value.Replace("%20", "+", StringComparison.Ordinal)}={Quoted(items[1], "", runtime).Value.Replace("%20", "+", StringComparison.Ordinal)}", isTemplate: false)
                : throw arguments.Fail("needs pairs"));
        }

        return TextOperations.Join(new TrackedText("&", isTemplate: true), parts, runtime.Operations);
    }

    private static TrackedText Quoted(object value, string unchanged, Runtime runtime)
    {
        TrackedText text = Text(value, runtime);
        runtime.Budget.Characters(3L * text.Length);
        StringBuilder result = new();
        foreach (byte b in Encoding.UTF8.GetBytes(text.Value))
        {
            char c = (char)b;
            bool isPlain = char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '~' || unchanged.Contains(c, StringComparison.Ordinal);
            _ = isPlain ? result.Append(c) : result.Append(CultureInfo.InvariantCulture, $"%{b:X2}");
        }

        return new TrackedText(result.ToString(), isTemplate: false);
    }

    private static TrackedText Truncate(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "s", "length", "killwords", "end", "leeway");
        TrackedText text = Text(values[0]!, runtime);
        int length = Numbers.ToInt(values[1] ?? (Int128)255, "a length");
        TrackedText end = values[3] is { } given ? Text(given, runtime) : new TrackedText("...", isTemplate: true);
        int leeway = values[4] is null or None ? 5 : Numbers.ToInt(values[4]!, "a leeway");
        int endLength = Characters.Count(end, runtime.Budget);
        if (length < endLength || leeway < 0)
        {
            throw arguments.Fail($"needs a length of at least {endLength} and a leeway of at least 0");
        }

        if (Characters.Count(text, runtime.Budget) <= (long)length + leeway)
        {
            return text;
        }

        TrackedText kept = text.Slice(0, Characters.Offset(text, length - endLength, runtime.Budget));
        if (values[2] is null || !Operations.IsTrue(values[2]!))
        {
            int space = kept.Value.LastIndexOf(' ');
            kept = space < 0 ? kept : kept.Slice(0, space);
        }

        return runtime.Operations.Concatenate(kept, end);
    }

    private static Int128 CountWords(TrackedText text, Runtime runtime)
    {
        runtime.Budget.Scan(text.Length);
        int words = 0;
        bool isWord = false;
        foreach (char c in text.Value)
        {
            bool continues = c == '_' || char.IsLetterOrDigit(c);
            words += continues && !isWord ? 1 : 0;
            isWord = continues;
        }

        return words;
    }
}
