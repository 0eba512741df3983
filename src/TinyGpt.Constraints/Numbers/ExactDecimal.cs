using System.Globalization;
using System.Numerics;

namespace TinyGpt.Constraints.Numbers;

/// <summary>A decimal number without rounding: an integer over a power of ten, in lowest terms.</summary>
internal readonly struct ExactDecimal : IComparable<ExactDecimal>, IEquatable<ExactDecimal>
{
    private const int MaxDigits = 400;

    private ExactDecimal(BigInteger mantissa, int scale)
    {
        while (scale > 0 && (mantissa % 10).IsZero)
        {
            mantissa /= 10;
            scale--;
        }

        Mantissa = mantissa;
        Scale = scale;
    }

    /// <summary>The value times ten to the power of <see cref="Scale"/>.</summary>
    public BigInteger Mantissa { get; }

    /// <summary>Digits after the point.</summary>
    public int Scale { get; }

    public static ExactDecimal Zero => default;

    public static ExactDecimal One => new(BigInteger.One, 0);

    public bool IsInteger => Scale == 0;

    public int Sign => Mantissa.Sign;

    /// <summary>Reads a JSON number; null where it has more digits than can be handled (400 on a side of the point).</summary>
    public static ExactDecimal? Read(string literal)
    {
        int exponentAt = literal.AsSpan().IndexOfAny('e', 'E');
        int exponent = 0;
        if (exponentAt >= 0)
        {
            if (!int.TryParse(literal.AsSpan(exponentAt + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) ||
                Math.Abs((long)exponent) > MaxDigits)
            {
                return null;
            }
        }

        ReadOnlySpan<char> digits = exponentAt >= 0 ? literal.AsSpan(0, exponentAt) : literal;
        int point = digits.IndexOf('.');
        int scale = (point >= 0 ? digits.Length - point - 1 : 0) - exponent;
        string text = point >= 0 ? string.Concat(digits[..point], digits[(point + 1)..]) : digits.ToString();
        if (text.Length > MaxDigits || Math.Abs(scale) > MaxDigits) return null;
        BigInteger mantissa = BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (scale < 0) (mantissa, scale) = (mantissa * BigInteger.Pow(10, -scale), 0);
        return new ExactDecimal(mantissa, scale);
    }

    public static ExactDecimal operator -(ExactDecimal value) => new(-value.Mantissa, value.Scale);

    /// <summary>The value times ten to the power of a scale that is at least its own.</summary>
    public BigInteger At(int scale) => Mantissa * BigInteger.Pow(10, scale - Scale);

    public bool IsMultipleOf(ExactDecimal divisor)
    {
        int scale = Math.Max(Scale, divisor.Scale);
        return (At(scale) % divisor.At(scale)).IsZero;
    }

    /// <summary>The least common multiple of two positive numbers.</summary>
    public static ExactDecimal LeastCommonMultiple(ExactDecimal a, ExactDecimal b)
    {
        int scale = Math.Max(a.Scale, b.Scale);
        BigInteger x = a.At(scale), y = b.At(scale);
        return new ExactDecimal(x / BigInteger.GreatestCommonDivisor(x, y) * y, scale);
    }

    /// <summary>The largest integer that is not above the value.</summary>
    public BigInteger Floor()
    {
        BigInteger unit = BigInteger.Pow(10, Scale);
        BigInteger quotient = BigInteger.DivRem(Mantissa, unit, out BigInteger rest);
        return rest.Sign < 0 ? quotient - 1 : quotient;
    }

    public int CompareTo(ExactDecimal other)
    {
        int scale = Math.Max(Scale, other.Scale);
        return At(scale).CompareTo(other.At(scale));
    }

    public bool Equals(ExactDecimal other) => Scale == other.Scale && Mantissa == other.Mantissa;

    public override bool Equals(object? obj) => obj is ExactDecimal other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Mantissa, Scale);

    /// <summary>Plain digits, without an exponent.</summary>
    public override string ToString()
    {
        string digits = BigInteger.Abs(Mantissa).ToString(CultureInfo.InvariantCulture);
        if (Scale > 0)
        {
            digits = digits.PadLeft(Scale + 1, '0');
            digits = string.Concat(digits.AsSpan(0, digits.Length - Scale), ".", digits.AsSpan(digits.Length - Scale));
        }

        return Sign < 0 ? "-" + digits : digits;
    }
}
