using System.Globalization;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Builtins;

/// <summary>A filter: the first argument is what it is applied to.</summary>
internal delegate object FilterFunction(Arguments arguments, Runtime runtime);

/// <summary>The filters by name.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, FilterFunction> All = new(StringComparer.Ordinal);

    static Filters()
    {
        TextFilters.AddTo(All);
        SequenceFilters.AddTo(All);
        All["tojson"] = JsonText.Filter;
        All["default"] = All["d"] = Default;
        All["abs"] = (arguments, _) => arguments.Bind(1, "x")[0]! is var value && Numbers.IsNumber(value)
            ? Numbers.Compare(value, (Int128)0) < 0 ? Numbers.Negate(value) : Numbers.Calculate("+", value, (Int128)0)
            : throw Types.Fail(value, "is not a number");
        All["int"] = ToInteger;
        All["float"] = ToFloat;
        All["round"] = Round;
        All["attr"] = (arguments, runtime) => Methods.Find(
            arguments.Bind(2, "obj", "name")[0]!, runtime.Operations.ToText(arguments.Positional[1]).Value, runtime) ?? new Undefined("there is no such attribute");
    }

    internal static IReadOnlySet<string> Names => All.Keys.ToHashSet(StringComparer.Ordinal);

    internal static object Apply(string name, Arguments arguments, Runtime runtime) => All.TryGetValue(name, out FilterFunction? filter)
        ? filter(arguments, runtime)
        : throw new TemplateException(TemplateErrorKind.Syntax, $"there is no filter '{name}'");

    private static object Default(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "default_value", "boolean");
        bool forFalse = values[2] is { } boolean && Operations.IsTrue(boolean);
        return values[0] is Undefined || (forFalse && !Operations.IsTrue(values[0]!)) ? values[1] ?? TrackedText.Empty : values[0]!;
    }

    private static object ToInteger(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "default", "base");
        object missing = values[1] ?? (Int128)0;
        switch (values[0])
        {
            case TrackedText text:
                string digits = text.Value.Trim().Replace("_", "", StringComparison.Ordinal);
                int radix = values[2] is { } given ? Numbers.ToInt(given, "a base") : 10;
                if (radix != 10)
                {
                    return TryParse(digits, radix, out Int128 other) ? other : missing;
                }

                return Int128.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 whole) ? whole
                    : TryFloat(digits, out double fraction) ? Truncated(fraction, missing)
                    : missing;
            case double number:
                return Truncated(number, missing);
            case { } value when Numbers.TryInteger(value, out Int128 integer):
                return integer;
            case Undefined undefined:
                throw undefined.Fail();
            default:
                return missing;
        }
    }

    private static object Truncated(double number, object missing) =>
        double.IsFinite(number) && Math.Abs(number) < 1e38 ? (Int128)number : missing;

    private static bool TryParse(string digits, int radix, out Int128 value)
    {
        value = 0;
        bool isNegative = digits.StartsWith('-');
        string plain = digits.TrimStart('-', '+').ToLowerInvariant();
        string prefix = radix switch { 16 => "0x", 8 => "0o", 2 => "0b", _ => "\0" };
        plain = plain.StartsWith(prefix, StringComparison.Ordinal) ? plain[2..] : plain;
        foreach (char c in plain)
        {
            int digit = char.IsAsciiDigit(c) ? c - '0' : char.IsAsciiLetterLower(c) ? 10 + c - 'a' : int.MaxValue;
            if (digit >= radix || value > Int128.MaxValue / 64)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        value = isNegative ? -value : value;
        return plain.Length > 0 && radix is >= 2 and <= 36;
    }

    private static bool TryFloat(string text, out double number) => double.TryParse(
        text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number);

    private static object ToFloat(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "default");
        return values[0] switch
        {
            TrackedText text => TryFloat(text.Value.Trim(), out double number) ? number : values[1] ?? 0.0,
            { } value when Numbers.IsNumber(value) => Numbers.ToDouble(value),
            Undefined undefined => throw undefined.Fail(),
            _ => values[1] ?? 0.0,
        };
    }

    private static object Round(Arguments arguments, Runtime runtime)
    {
        object?[] values = arguments.Bind(1, "value", "precision", "method");
        object value = Numbers.IsNumber(values[0]!) ? values[0]! : throw Types.Fail(values[0]!, "is not a number");
        int precision = values[1] is { } given ? Numbers.ToInt(given, "a precision") : 0;
        string method = values[2] is { } name ? runtime.Operations.ToText(name).Value : "common";
        if (method == "common")
        {
            return value is not double number ? Numbers.Calculate("+", value, (Int128)0)
                : !double.IsFinite(number) || precision > 15 ? number
                : precision >= 0 ? RoundDecimal(number, precision)
                : Math.Round(number * Math.Pow(10, precision)) * Math.Pow(10, -precision);
        }

        double scale = Math.Pow(10, precision);
        double scaled = Numbers.ToDouble(value) * scale;
        return method switch
        {
            "ceil" => Math.Ceiling(scaled) / scale,
            "floor" => Math.Floor(scaled) / scale,
            _ => throw arguments.Fail("has the methods common, ceil and floor"),
        };
    }

    /// <summary>Rounds as Python does: the exact value of the binary number decides, ties to even.</summary>
    private static double RoundDecimal(double number, int precision) =>
        double.Parse(number.ToString($"F{precision}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) is var rounded && precision > 0
            ? rounded
            : Math.Round(number, MidpointRounding.ToEven);
}
