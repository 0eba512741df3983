using System.Globalization;
using System.Text;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Writes values as Python's <c>json.dumps</c> does.</summary>
internal sealed class JsonText(Operations operations, bool ascii, string? indent, string itemSeparator, string keySeparator, bool sortKeys)
{
    private const int MaxIndent = 64;

    private readonly StringBuilder _text = new();

    /// <summary>The filter <c>tojson</c> with the parameters that transformers gives it.</summary>
    internal static TrackedText Filter(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "x", "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = values[2] switch
        {
            null or None => null,
            TrackedText text => text.Value,
            { } count => new string(' ', Math.Clamp(Numbers.ToInt(count, "an indent"), 0, MaxIndent)),
        };
        (string item, string key) = values[3] switch
        {
            null or None => (indent is null ? ", " : ",", ": "),
            Sequence { Items: [TrackedText first, TrackedText second] } => (first.Value, second.Value),
            { } other => throw Types.Fail(other, "cannot be separators: they are a pair of texts"),
        };
        bool IsSet(object? value) => value is not null && Operations.IsTrue(value);
        JsonText json = new(runtime.Operations, IsSet(values[1]), indent, item, key, IsSet(values[4]));
        json.Append(values[0]!, 0);
        runtime.Budget.Characters(json._text.Length);
        return new TrackedText(json._text.ToString(), isTemplate: false);
    }

    private void Append(object value, int level)
    {
        operations.Budget.Enter();
        int before = _text.Length;
        switch (value)
        {
            case None:
                _text.Append("null");
                break;
            case bool flag:
                _text.Append(flag ? "true" : "false");
                break;
            case Int128 number:
                _text.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                _text.Append(FloatText(number));
                break;
            case TrackedText text:
                AppendString(text.Value);
                break;
            case Sequence sequence:
                AppendItems(sequence.Items, '[', ']', level, (item, _) => Append(item, level + 1));
                break;
            case Mapping mapping:
                List<KeyValuePair<object, object>> pairs = [.. mapping.Items];
                if (sortKeys)
                {
                    pairs = [.. pairs.OrderBy(pair => pair.Key, Comparer<object>.Create((a, b) => operations.Compare(a, b)))];
                }

                AppendItems(pairs, '{', '}', level, (pair, _) =>
                {
                    AppendString(KeyText(pair.Key));
                    _text.Append(keySeparator);
                    Append(pair.Value, level + 1);
                });
                break;
            default:
                throw Types.Fail(value, "cannot be written as JSON");
        }

        operations.Budget.Scan(_text.Length - before);
        operations.Budget.CheckOutput(_text.Length);
        operations.Budget.Leave();
    }

    private void AppendItems<T>(IReadOnlyList<T> items, char open, char close, int level, Action<T, int> append)
    {
        _text.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            _text.Append(i > 0 ? itemSeparator : "");
            AppendLine(level + 1);
            append(items[i], level);
        }

        if (items.Count > 0)
        {
            AppendLine(level);
        }

        _text.Append(close);
    }

    private void AppendLine(int level)
    {
        if (indent is not null)
        {
            operations.Budget.Scan((long)level * indent.Length);
            _text.Append('\n');
            for (int i = 0; i < level; i++)
            {
                _text.Append(indent);
            }

            operations.Budget.CheckOutput(_text.Length);
        }
    }

    private static string FloatText(double number) => double.IsNaN(number) ? "NaN"
        : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity"
        : Numbers.Repr(number);

    private static string KeyText(object key) => key switch
    {
        TrackedText text => text.Value,
        None => "null",
        bool flag => flag ? "true" : "false",
        Int128 number => number.ToString(CultureInfo.InvariantCulture),
        double number => FloatText(number),
        _ => throw Types.Fail(key, "cannot be a key of JSON"),
    };

    private void AppendString(string text)
    {
        operations.Budget.Scan(text.Length);
        _text.Append('"');
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => _text.Append("\\\""),
                '\\' => _text.Append(@"\\"),
                '\n' => _text.Append(@"\n"),
                '\r' => _text.Append(@"\r"),
                '\t' => _text.Append(@"\t"),
                '\b' => _text.Append(@"\b"),
                '\f' => _text.Append(@"\f"),
                < ' ' => _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                > '~' when ascii => c == '\x7f' ? _text.Append(c) : _text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => _text.Append(c),
            };
        }

        _text.Append('"');
    }
}
