using System.Globalization;

namespace TinyGpt.Chat.Jinja.Values;

/// <summary>Arithmetic as Python does it. Integers have 128 bits; what needs more is an error.</summary>
internal static class Numbers
{
    internal static bool IsNumber(object value) => value is bool or Int128 or double;

    internal static bool TryInteger(object value, out Int128 integer)
    {
        integer = value switch { Int128 number => number, bool flag => flag ? 1 : 0, _ => 0 };
        return value is Int128 or bool;
    }

    internal static double ToDouble(object value) => value switch
    {
        double number => number,
        Int128 number => (double)number,
        bool flag => flag ? 1 : 0,
        _ => throw Types.Fail(value, "is not a number"),
    };

    /// <summary>An integer for counts and positions, bounded to what an int holds.</summary>
    internal static int ToInt(object value, string what) => TryInteger(value, out Int128 number)
        ? (int)Int128.Clamp(number, int.MinValue, int.MaxValue)
        : throw Types.Fail(value, $"cannot be {what}: it must be an integer");

    internal static bool AreEqual(object a, object b) =>
        TryInteger(a, out Int128 x) && TryInteger(b, out Int128 y) ? x == y : ToDouble(a) == ToDouble(b);

    internal static int Compare(object a, object b) =>
        TryInteger(a, out Int128 x) && TryInteger(b, out Int128 y) ? x.CompareTo(y) : ToDouble(a).CompareTo(ToDouble(b));

    internal static object Calculate(string operation, object a, object b)
    {
        try
        {
            return TryInteger(a, out Int128 x) && TryInteger(b, out Int128 y) ? Calculate(operation, x, y) : Calculate(operation, ToDouble(a), ToDouble(b));
        }
        catch (OverflowException)
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"the result of '{operation}' is an integer of more than 128 bits");
        }
    }

    internal static object Negate(object value) => value is double number ? -number
        : TryInteger(value, out Int128 integer) ? integer == Int128.MinValue ? Calculate("-", (Int128)0, integer) : -integer
        : throw Types.Fail(value, "cannot be negated");

    /// <summary>A float as Python prints it: the shortest digits that give the same number.</summary>
    internal static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }

        if (value == 0)
        {
            return double.IsNegative(value) ? "-0.0" : "0.0";
        }

        (string sign, string plain, int exponent) = Digits(value);
        if (exponent is < -4 or >= 16)
        {
            string mantissa = plain.Length == 1 ? plain : $"{plain[0]}.{plain.AsSpan(1)}";
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{plain}";
        }

        return plain.Length <= exponent + 1
            ? $"{sign}{plain}{new string('0', exponent + 1 - plain.Length)}.0"
            : $"{sign}{plain.AsSpan(0, exponent + 1)}.{plain.AsSpan(exponent + 1)}";
    }

    /// <summary>The sign, the shortest digits without zeros around them, and the exponent of the first digit.</summary>
    private static (string Sign, string Digits, int Exponent) Digits(double value)
    {
        string shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        int e = shortest.IndexOf('E', StringComparison.Ordinal);
        string mantissa = e < 0 ? shortest : shortest[..e];
        int exponent = e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        int dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        int zeros = digits.Length - digits.TrimStart('0').Length;
        exponent += (dot < 0 ? mantissa.Length : dot) - 1 - zeros;
        return (double.IsNegative(value) ? "-" : "", digits.Trim('0'), exponent);
    }

    private static object Calculate(string operation, Int128 x, Int128 y) => operation switch
    {
        "+" => checked(x + y),
        "-" => checked(x - y),
        "*" => checked(x * y),
        "/" => (double)x / (double)NotZero(y),
        "//" => FloorDivide(x, NotZero(y)),
        "%" => checked(x - (FloorDivide(x, NotZero(y)) * y)),
        "**" when y < 0 => Math.Pow((double)x, (double)y),
        "**" => Power(x, y),
        _ => throw new TemplateException(TemplateErrorKind.Syntax, $"there is no operator '{operation}'"),
    };

    private static double Calculate(string operation, double x, double y) => operation switch
    {
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / NotZero(y),
        "//" => Math.Floor(x / NotZero(y)),
        "%" => x - (Math.Floor(x / NotZero(y)) * y),
        "**" => Math.Pow(x, y),
        _ => throw new TemplateException(TemplateErrorKind.Syntax, $"there is no operator '{operation}'"),
    };

    private static T NotZero<T>(T value)
        where T : System.Numerics.INumberBase<T> =>
        T.IsZero(value) ? throw new TemplateException(TemplateErrorKind.Value, "division by zero") : value;

    private static Int128 FloorDivide(Int128 x, Int128 y)
    {
        if (y == -1)
        {
            return checked(-x);
        }

        Int128 quotient = x / y;
        return (x % y != 0) && ((x < 0) != (y < 0)) ? quotient - 1 : quotient;
    }

    private static Int128 Power(Int128 x, Int128 y)
    {
        if (x == 0 || x == 1)
        {
            return y == 0 ? 1 : x;
        }

        if (x == -1)
        {
            return Int128.IsEvenInteger(y) ? 1 : -1;
        }

        Int128 result = 1;
        for (Int128 i = 0; i < y; i++) // 128 rounds at most, then it overflows
        {
            result = checked(result * x);
        }

        return result;
    }
}
