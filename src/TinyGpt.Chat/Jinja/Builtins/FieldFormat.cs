using System.Globalization;
using System.Text;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>Python's format specifications: <c>"{:>8.2f}".format(x)</c> and <c>"%5d" % x</c>.</summary>
internal static class FieldFormat
{
    private const int MaxWidth = 10_000;
    private const int MaxPrecision = 100;

    /// <summary><c>text.format(…)</c>.</summary>
    internal static TrackedText Format(TrackedText text, Arguments arguments, Runtime runtime)
    {
        TrackedTextBuilder result = new(runtime.Budget);
        FieldNumbers numbers = new(arguments);
        string value = text.Value;
        for (int at = 0; at < value.Length;)
        {
            int brace = value.AsSpan(at).IndexOfAny('{', '}');
            int end = brace < 0 ? value.Length : at + brace;
            result.Append(text.Slice(at, end - at));
            at = end;
            if (at == value.Length)
            {
                break;
            }

            if (at + 1 < value.Length && value[at + 1] == value[at])
            {
                result.Append(text.Slice(at, 1));
                at += 2;
                continue;
            }

            int close = value.IndexOf('}', at);
            if (value[at] == '}' || close < 0)
            {
                throw arguments.Fail("was given a brace without its partner");
            }

            result.Append(Field(value[(at + 1)..close], numbers, arguments, runtime));
            at = close + 1;
        }

        return result.Finish(text.IsMarkup);
    }

    /// <summary><c>text % values</c>.</summary>
    internal static TrackedText Percent(TrackedText text, object values, Runtime runtime)
    {
        TrackedTextBuilder result = new(runtime.Budget);
        IReadOnlyList<object> items = values is Sequence { IsTuple: true } tuple ? tuple.Items : [values];
        int next = 0;
        bool usesNames = false;
        object Next() => next < items.Count ? items[next++] : throw new TemplateException(TemplateErrorKind.Value, "there are too few values for the format");
        string format = text.Value;
        for (int at = 0; at < format.Length;)
        {
            int percent = format.IndexOf('%', at);
            int end = percent < 0 ? format.Length : percent;
            result.Append(text.Slice(at, end - at));
            at = end;
            if (at == format.Length)
            {
                break;
            }

            at++;
            object? named = null;
            if (at < format.Length && format[at] == '(')
            {
                int close = format.IndexOf(')', at);
                string name = close < 0 ? throw Incomplete() : format[(at + 1)..close];
                named = values is Mapping mapping && mapping.TryGet(name, out object? found) ? found
                    : throw new TemplateException(TemplateErrorKind.Value, $"there is no value '{name}' for the format");
                usesNames = true;
                at = close + 1;
            }

            int flags = at;
            while (at < format.Length && format[at] is '-' or '+' or ' ' or '0' or '#')
            {
                at++;
            }

            string flagText = format[flags..at];
            int width = ReadCount(format, ref at, Next) ?? 0;
            int? precision = at < format.Length && format[at] == '.' ? ReadPrecision(format, ref at, Next) : null;
            if (at == format.Length)
            {
                throw Incomplete();
            }

            char kind = format[at++];
            if (kind == '%')
            {
                result.Append("%", isTemplate: false);
                continue;
            }

            TrackedText part = PercentField(kind, named ?? Next(), flagText, precision, runtime);
            bool left = flagText.Contains('-', StringComparison.Ordinal);
            bool zero = flagText.Contains('0', StringComparison.Ordinal) && !left && kind is not ('s' or 'r' or 'c' or 'a');
            result.Append(Padded(part, CheckWidth(width), zero ? '0' : ' ', left ? '<' : zero ? '=' : '>', runtime));
        }

        return usesNames || next == items.Count || values is Mapping ? result.Finish(text.IsMarkup)
            : throw new TemplateException(TemplateErrorKind.Value, "not all values are used by the format");
    }

    private static TemplateException Incomplete() => new(TemplateErrorKind.Value, "a format is incomplete");

    private static int? ReadPrecision(string format, ref int at, Func<object> next)
    {
        at++;
        return ReadCount(format, ref at, next) ?? 0;
    }

    private static int? ReadCount(string format, ref int at, Func<object> next)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            return CheckWidth(Numbers.ToInt(next(), "a width"));
        }

        int start = at;
        while (at < format.Length && char.IsAsciiDigit(format[at]))
        {
            at++;
        }

        return at == start ? null : ParseWidth(format.AsSpan(start, at - start));
    }

    private static int ParseWidth(ReadOnlySpan<char> digits) =>
        CheckWidth(int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int width) ? width : int.MaxValue);

    private static int CheckWidth(int width) => width is >= 0 and <= MaxWidth ? width
        : throw new TemplateException(TemplateErrorKind.Limit, $"a width of a format is beyond 0 to {MaxWidth}");

    private static TrackedText PercentField(char kind, object value, string flags, int? precision, Runtime runtime)
    {
        string sign = flags.Contains('+', StringComparison.Ordinal) ? "+" : flags.Contains(' ', StringComparison.Ordinal) ? " " : "";
        switch (kind)
        {
            case 's' or 'r' or 'a':
                TrackedText text = kind == 's' ? runtime.Operations.ToText(value) : Repr(value, runtime);
                return precision is { } most && most < text.Length ? text.Slice(0, most) : text;
            case 'c' when value is TrackedText { Length: 1 or 2 } character:
                return character;
            case 'd' or 'i' or 'u':
                return Plain(Signed(Numbers.TryInteger(value, out Int128 integer) ? integer : Truncate(Numbers.ToDouble(value)), sign, "D"));
            case 'x' or 'X' or 'o' when Numbers.TryInteger(value, out Int128 whole):
                return Plain((whole < 0 ? "-" : sign) + Radix(Int128.Abs(whole), kind, flags.Contains('#', StringComparison.Ordinal)));
            case 'f' or 'F' or 'e' or 'E' or 'g' or 'G':
                return Plain(FloatText(Numbers.ToDouble(value), kind, precision ?? 6, sign, flags.Contains('#', StringComparison.Ordinal)));
            default:
                throw Types.Fail(value, $"cannot be formatted with '%{kind}'");
        }
    }

    private static Int128 Truncate(double value) => double.IsFinite(value) && Math.Abs(value) < 1e38 ? (Int128)value
        : throw new TemplateException(TemplateErrorKind.Value, "a float is too large for an integer");

    private static TrackedText Plain(string text) => new(text, isTemplate: false);

    private static TrackedText Repr(object value, Runtime runtime)
    {
        StringBuilder text = new();
        runtime.Operations.AppendRepr(value, text);
        return Plain(text.ToString());
    }

    private static TrackedText Field(string field, FieldNumbers numbers, Arguments arguments, Runtime runtime)
    {
        int colon = field.IndexOf(':', StringComparison.Ordinal);
        string specification = colon < 0 ? "" : field[(colon + 1)..];
        string path = colon < 0 ? field : field[..colon];
        int conversion = path.IndexOf('!', StringComparison.Ordinal);
        string convert = conversion < 0 ? "" : path[(conversion + 1)..];
        path = conversion < 0 ? path : path[..conversion];
        int end = path.AsSpan().IndexOfAny('.', '[');
        string first = end < 0 ? path : path[..end];
        object value = first.Length == 0 ? numbers.Next()
            : int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int index) ? numbers.At(index)
            : arguments.Named.TryGetValue(first, out object? named) ? named
            : throw arguments.Fail($"has no value '{first}'");
        value = Resolve(value, end < 0 ? "" : path[end..], arguments, runtime);
        value = convert switch
        {
            "" => value,
            "s" => runtime.Operations.ToText(value),
            "r" or "a" => Repr(value, runtime),
            _ => throw arguments.Fail($"has no conversion '!{convert}'"),
        };
        return Specified(value, specification, arguments, runtime);
    }

    private static object Resolve(object value, string path, Arguments arguments, Runtime runtime)
    {
        while (path.Length > 0)
        {
            bool isItem = path[0] == '[';
            int end = isItem ? path.IndexOf(']', StringComparison.Ordinal) : path.AsSpan(1).IndexOfAny('.', '[') is >= 0 and int at ? at + 1 : path.Length;
            if (end < 0)
            {
                throw arguments.Fail("was given a '[' without its ']'");
            }

            string name = path[1..end];
            value = !isItem ? runtime.Member(value, name)
                : runtime.Item(value, int.TryParse(name, out int index) ? (Int128)index : new TrackedText(name, isTemplate: true));
            path = path[(isItem ? end + 1 : end)..];
        }

        return value;
    }

    private static TrackedText Specified(object value, string specification, Arguments arguments, Runtime runtime)
    {
        if (specification.Length == 0)
        {
            return runtime.Operations.ToText(value);
        }

        int at = 0;
        bool hasFill = specification.Length > 1 && specification[1] is '<' or '>' or '^' or '=';
        char fill = hasFill ? specification[at++] : ' ';
        char align = at < specification.Length && specification[at] is '<' or '>' or '^' or '=' ? specification[at++] : '\0';
        string sign = at < specification.Length && specification[at] is '+' or '-' or ' ' ? specification[at++].ToString() : "";
        bool alternate = Skip('#', ref at);
        if (Skip('0', ref at) && align == '\0')
        {
            (fill, align) = (hasFill ? fill : '0', '=');
        }

        int width = ReadCount(specification, ref at, () => throw Incomplete()) ?? 0;
        bool groups = Skip(',', ref at);
        int? precision = at < specification.Length && specification[at] == '.' ? ReadPrecision(specification, ref at, () => throw Incomplete()) : null;
        string kind = specification[at..];
        TrackedText text = Converted(value, kind, sign.Trim('-'), precision, alternate, groups, arguments, runtime);
        align = align == '\0' ? Numbers.IsNumber(value) ? '>' : '<' : align;
        return Padded(text, width, fill, align, runtime);

        bool Skip(char c, ref int position)
        {
            bool found = position < specification.Length && specification[position] == c;
            position += found ? 1 : 0;
            return found;
        }
    }

    private static TrackedText Converted(
        object value, string kind, string sign, int? precision, bool alternate, bool groups, Arguments arguments, Runtime runtime)
    {
        if (value is TrackedText text && kind is "" or "s")
        {
            text = (TrackedText)value;
            return precision is { } most && most < text.Length ? text.Slice(0, most) : text;
        }

        bool isInteger = Numbers.TryInteger(value, out Int128 integer);
        return kind switch
        {
            "" or "d" when isInteger => Plain(Signed(integer, sign, groups ? "N0" : "D")),
            "x" or "X" or "o" or "b" when isInteger => Plain((integer < 0 ? "-" : sign) + Radix(Int128.Abs(integer), kind[0], alternate)),
            "f" or "F" when Numbers.IsNumber(value) && groups => Plain(
                WithSign(Numbers.ToDouble(value), sign) + Math.Abs(Numbers.ToDouble(value)).ToString($"N{CheckPrecision(precision ?? 6)}", CultureInfo.InvariantCulture)),
            "f" or "F" or "e" or "E" or "g" or "G" when Numbers.IsNumber(value) => Plain(FloatText(Numbers.ToDouble(value), kind[0], precision ?? 6, sign, alternate)),
            "%" when Numbers.IsNumber(value) => Plain(FloatText(100 * Numbers.ToDouble(value), 'f', precision ?? 6, sign, alternate) + "%"),
            "" when value is double number => Plain(precision is { } digits ? FloatText(number, 'g', digits, sign, alternate) : WithSign(number, sign) + Numbers.Repr(Math.Abs(number))),
            _ => throw arguments.Fail($"cannot write a {Types.Name(value)} as '{kind}'"),
        };
    }

    private static string WithSign(double number, string sign) => number < 0 || (number == 0 && double.IsNegative(number)) ? "-" : sign;

    private static string Signed(Int128 number, string sign, string format)
    {
        string digits = number.ToString(format, CultureInfo.InvariantCulture);
        return number < 0 ? digits : sign + digits;
    }

    private static string Radix(Int128 number, char kind, bool alternate)
    {
        int bits = kind switch { 'x' or 'X' => 4, 'o' => 3, _ => 1 };
        StringBuilder digits = new();
        do
        {
            int digit = (int)(number & ((1 << bits) - 1));
            digits.Insert(0, "0123456789abcdef"[digit]);
            number >>= bits;
        }
        while (number != 0);
        string text = alternate ? $"0{char.ToLowerInvariant(kind)}{digits}" : digits.ToString();
        return kind == 'X' ? text.ToUpperInvariant() : text;
    }

    private static int CheckPrecision(int precision) => precision is >= 0 and <= MaxPrecision ? precision
        : throw new TemplateException(TemplateErrorKind.Limit, $"a precision of a format is beyond 0 to {MaxPrecision}");

    private static string FloatText(double number, char kind, int precision, string sign, bool alternate)
    {
        if (!double.IsFinite(number))
        {
            string name = double.IsNaN(number) ? "nan" : WithSign(number, sign) + "inf";
            return char.IsUpper(kind) ? name.ToUpperInvariant() : name;
        }

        CheckPrecision(precision);
        double magnitude = Math.Abs(number);
        string text = char.ToLowerInvariant(kind) switch
        {
            'f' => magnitude.ToString($"F{precision}", CultureInfo.InvariantCulture),
            'e' => Scientific(magnitude, precision),
            _ => General(magnitude, Math.Max(precision, 1), alternate),
        };
        return WithSign(number, sign) + (char.IsUpper(kind) ? text.ToUpperInvariant() : text);
    }

    private static string Scientific(double number, int precision)
    {
        string text = number.ToString($"e{precision}", CultureInfo.InvariantCulture); // the exponent has three digits
        int e = text.IndexOf('e', StringComparison.Ordinal);
        int exponent = int.Parse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return $"{text.AsSpan(0, e)}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static string General(double number, int precision, bool alternate)
    {
        string scientific = Scientific(number, precision - 1);
        int e = scientific.IndexOf('e', StringComparison.Ordinal);
        int exponent = int.Parse(scientific.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        bool isPlain = exponent >= -4 && exponent < precision;
        string digits = isPlain ? number.ToString($"F{Math.Max(0, precision - 1 - exponent)}", CultureInfo.InvariantCulture) : scientific[..e];
        if (!alternate && digits.Contains('.', StringComparison.Ordinal))
        {
            digits = digits.TrimEnd('0').TrimEnd('.');
        }

        return isPlain ? digits : digits + scientific[e..];
    }

    private static TrackedText Padded(TrackedText text, int width, char fill, char align, Runtime runtime)
    {
        if (align != '=')
        {
            int missing = width - Characters.Count(text, runtime.Budget);
            return align switch
            {
                '<' => TextOperations.Pad(text, width, fill, 0, runtime.Budget),
                '>' => TextOperations.Pad(text, width, fill, 1, runtime.Budget),
                _ => TextOperations.Pad(TextOperations.Pad(text, width - (missing - (missing / 2)), fill, 1, runtime.Budget), width, fill, 0, runtime.Budget),
            };
        }

        int sign = text.Length > 0 && text.Value[0] is '+' or '-' or ' ' ? 1 : 0;
        return runtime.Operations.Concatenate(
            text.Slice(0, sign), TextOperations.Pad(text.Slice(sign), width - sign, fill, 1, runtime.Budget));
    }

    /// <summary>Positional values, which a format numbers itself or leaves to be numbered, but not both.</summary>
    private sealed class FieldNumbers(Arguments arguments)
    {
        private int _next;
        private bool _isNumbered;

        internal object Next() => _isNumbered ? throw Mixed() : Value(_next++);

        internal object At(int index)
        {
            _isNumbered = true;
            return _next > 0 ? throw Mixed() : Value(index);
        }

        private TemplateException Mixed() => arguments.Fail("cannot have fields with numbers and fields without");

        private object Value(int index) =>
            index < arguments.Positional.Count ? arguments.Positional[index] : throw arguments.Fail($"has no value {index}");
    }
}
