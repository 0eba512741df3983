using System.Globalization;
using System.Text;

namespace TinyGpt.Chat.Jinja.Values;

/// <summary>What Python does with values of every type: truth, text, equality, order, iteration, membership.</summary>
internal sealed class Operations(Budget budget)
{
    internal Budget Budget { get; } = budget;

    internal static bool IsTrue(object value) => value switch
    {
        None or Undefined => false,
        bool flag => flag,
        Int128 number => number != 0,
        double number => number != 0,
        TrackedText text => text.Length > 0,
        Sequence sequence => sequence.Items.Count > 0,
        Mapping mapping => mapping.Count > 0,
        DictionaryView view => view.Items.Count > 0,
        IntegerRange range => range.Count > 0,
        _ => true,
    };

    /// <summary><c>str(value)</c>.</summary>
    internal TrackedText ToText(object value)
    {
        switch (value)
        {
            case TrackedText text:
                return text;
            case Undefined:
                return TrackedText.Empty;
            default:
                StringBuilder into = new();
                AppendRepr(value, into);
                Budget.Characters(into.Length);
                return new TrackedText(into.ToString(), isTemplate: value is None or bool or Int128 or double);
        }
    }

    /// <summary><c>repr(value)</c>.</summary>
    internal void AppendRepr(object value, StringBuilder into)
    {
        Budget.Enter();
        int before = into.Length;
        switch (value)
        {
            case None:
                into.Append("None");
                break;
            case bool flag:
                into.Append(flag ? "True" : "False");
                break;
            case Int128 number:
                into.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case double number:
                into.Append(Numbers.Repr(number));
                break;
            case TrackedText text:
                Budget.Scan(text.Length);
                Characters.AppendRepr(text.Value, into);
                break;
            case Sequence { IsTuple: true } tuple:
                AppendItems(tuple.Items, "(", tuple.Items.Count == 1 ? ",)" : ")", into);
                break;
            case Sequence list:
                AppendItems(list.Items, "[", "]", into);
                break;
            case DictionaryView view:
                AppendItems(view.Items, $"{view.Name}([", "])", into);
                break;
            case Mapping mapping:
                AppendPairs(mapping.Items, into);
                break;
            case IntegerRange range:
                into.Append(CultureInfo.InvariantCulture, $"range({range.Start}, {range.Start + (range.Step * range.Count)}");
                into.Append(range.Step == 1 ? ")" : string.Create(CultureInfo.InvariantCulture, $", {range.Step})"));
                break;
            case Undefined:
                into.Append("Undefined");
                break;
            default:
                into.Append('<').Append(Types.Name(value)).Append('>');
                break;
        }

        Budget.Scan(into.Length - before);
        Budget.CheckOutput(into.Length);
        Budget.Leave();
    }

    internal bool AreEqual(object a, object b)
    {
        Budget.Enter();
        bool equal = (a, b) switch
        {
            (TrackedText x, TrackedText y) => SameText(x, y),
            (bool or Int128 or double, bool or Int128 or double) => Numbers.AreEqual(a, b),
            (Sequence x, Sequence y) => x.IsTuple == y.IsTuple && SameItems(x.Items, y.Items),
            (Mapping x, Mapping y) => x.Count == y.Count
                && x.Items.All(pair => y.TryGet(pair.Key, out object? other) && AreEqual(pair.Value, other)),
            (DictionaryView x, DictionaryView y) => SameItems(x.Items, y.Items),
            (IntegerRange x, IntegerRange y) => x.Count == y.Count && (x.Count == 0 || (x.Start == y.Start && (x.Count == 1 || x.Step == y.Step))),
            (Undefined, Undefined) => true,
            _ => ReferenceEquals(a, b),
        };
        Budget.Leave();
        return equal;
    }

    /// <summary>Less than 0, 0 or more than 0.</summary>
    internal int Compare(object a, object b, string operation = "<")
    {
        Budget.Enter();
        int order;
        if (Numbers.IsNumber(a) && Numbers.IsNumber(b))
        {
            order = Numbers.Compare(a, b);
        }
        else if (a is TrackedText x && b is TrackedText y)
        {
            Budget.Scan(Math.Min(x.Length, y.Length));
            order = string.CompareOrdinal(x.Value, y.Value);
        }
        else if (a is Sequence p && b is Sequence q && p.IsTuple == q.IsTuple)
        {
            int common = 0;
            while (common < p.Items.Count && common < q.Items.Count && AreEqual(p.Items[common], q.Items[common]))
            {
                common++;
            }

            order = common < p.Items.Count && common < q.Items.Count
                ? Compare(p.Items[common], q.Items[common], operation)
                : p.Items.Count.CompareTo(q.Items.Count);
        }
        else
        {
            throw a is Undefined or None ? Types.Fail(a, $"cannot be compared by '{operation}'")
                : Types.Fail(b, $"cannot be compared by '{operation}' with one of the type {Types.Name(a)}");
        }

        Budget.Leave();
        return order;
    }

    /// <summary>The elements of a value; a mapping gives its keys and a text its characters.</summary>
    internal IReadOnlyList<object> Elements(object value)
    {
        switch (value)
        {
            case Sequence sequence:
                Budget.Step();
                return sequence.Items;
            case Undefined:
                return [];
            case TrackedText text:
                return Characters.Split(text, Budget);
            case Mapping mapping:
                Budget.Elements(mapping.Count);
                return [.. mapping.Items.Keys];
            case DictionaryView view:
                return view.Items;
            case IntegerRange range:
                Budget.Elements(range.Count);
                object[] numbers = new object[range.Count];
                for (int i = 0; i < numbers.Length; i++)
                {
                    numbers[i] = range[i];
                }

                return numbers;
            case Generator generator:
                List<object> items = [];
                foreach (object item in generator.Take())
                {
                    Budget.Elements(1);
                    items.Add(item);
                }

                return items;
            default:
                throw Types.Fail(value, "cannot be iterated over");
        }
    }

    internal static bool CanIterate(object value) =>
        value is Sequence or Undefined or TrackedText or Mapping or DictionaryView or IntegerRange or Generator;

    /// <summary><c>len(value)</c>.</summary>
    internal int Length(object value) => value switch
    {
        TrackedText text => Characters.Count(text, Budget),
        Sequence sequence => sequence.Items.Count,
        Mapping mapping => mapping.Count,
        DictionaryView view => view.Items.Count,
        IntegerRange range => range.Count,
        Undefined => 0,
        _ => throw Types.Fail(value, "has no length"),
    };

    /// <summary><c>item in container</c>.</summary>
    internal bool Contains(object container, object item)
    {
        switch (container)
        {
            case TrackedText text:
                if (item is not TrackedText part)
                {
                    throw Types.Fail(item, "cannot be looked for in a text");
                }

                Budget.Search(text.Length, part.Length);
                return text.Value.Contains(part.Value, StringComparison.Ordinal);
            case Mapping mapping:
                return KeyComparer.CanBeKey(item) ? mapping.TryGet(item, out _) : throw Types.Fail(item, "cannot be a key");
            case IntegerRange or Sequence or DictionaryView or Generator or Undefined:
                foreach (object element in Elements(container))
                {
                    if (AreEqual(element, item))
                    {
                        return true;
                    }
                }

                return false;
            default:
                throw Types.Fail(container, "contains nothing, so 'in' cannot be asked");
        }
    }

    internal TrackedText Concatenate(TrackedText a, TrackedText b)
    {
        TrackedTextBuilder text = new(Budget);
        text.Append(a);
        text.Append(b);
        return text.Finish(a.IsMarkup || b.IsMarkup);
    }

    private bool SameText(TrackedText a, TrackedText b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        Budget.Scan(a.Length);
        return a.Value == b.Value;
    }

    private bool SameItems(IReadOnlyList<object> a, IReadOnlyList<object> b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (int i = 0; i < a.Count; i++)
        {
            if (!ReferenceEquals(a[i], b[i]) && !AreEqual(a[i], b[i]))
            {
                return false;
            }
        }

        return true;
    }

    private void AppendItems(IReadOnlyList<object> items, string open, string close, StringBuilder into)
    {
        into.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            into.Append(i > 0 ? ", " : "");
            AppendRepr(items[i], into);
        }

        into.Append(close);
    }

    private void AppendPairs(IEnumerable<KeyValuePair<object, object>> pairs, StringBuilder into)
    {
        into.Append('{');
        bool isFirst = true;
        foreach ((object key, object value) in pairs)
        {
            into.Append(isFirst ? "" : ", ");
            AppendRepr(key, into);
            into.Append(": ");
            AppendRepr(value, into);
            isFirst = false;
        }

        into.Append('}');
    }
}
