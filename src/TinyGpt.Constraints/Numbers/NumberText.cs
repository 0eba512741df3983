using System.Globalization;
using System.Numerics;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Numbers;

/// <summary>
/// How numbers between bounds are written. Integers are digits alone; other numbers may have a fraction, and an exponent where the bounds
/// allow every number of that size.
/// </summary>
internal sealed class NumberText
{
    private readonly RegexTable _regex;
    private readonly RegexNode _digits;
    private readonly RegexNode _anyFraction;
    private readonly RegexNode _someNonZero;

    public NumberText(RegexTable regex)
    {
        _regex = regex;
        _digits = regex.Repeat(Digit(0, 9), 0);
        _anyFraction = regex.Optional(regex.Concat(regex.Byte((byte)'.'), Digit(0, 9), _digits));
        _someNonZero = regex.Concat(regex.Repeat(Digit(0, 0), 0), Digit(1, 9), _digits);
    }

    /// <summary>The numbers of a range's bounds; its divisors are not looked at, except that multiples of integers are integers.</summary>
    public RegexNode Of(NumberRange range)
    {
        if (range.Point is { } point) return _regex.Text(point.ToString());
        List<RegexNode> parts = [];
        Half(parts, range, negative: false);
        Half(parts, range, negative: true);
        return _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    /// <summary>The part of a range on one side of zero. Zero itself is on the positive side.</summary>
    private void Half(List<RegexNode> parts, NumberRange range, bool negative)
    {
        (ExactDecimal? low, bool lowIsOpen, ExactDecimal? high, bool highIsOpen) = negative
            ? (-range.High, range.HighIsOpen, -range.Low, range.LowIsOpen)
            : (range.Low, range.LowIsOpen, range.High, range.HighIsOpen);
        if (high is { } top && (top.Sign < 0 || (top.Sign == 0 && (highIsOpen || negative)))) return;
        if (low is not { Sign: >= 0 }) (low, lowIsOpen) = (ExactDecimal.Zero, negative);
        else if (negative && low.Value.Sign == 0) lowIsOpen = true;
        // A range without a lower bound on this side allows -0, which is how some write zero.
        if (negative && range.High is null && range.Low is null) lowIsOpen = false;
        RegexNode node = range.IsInteger
            ? Integers(low.Value, lowIsOpen, high, highIsOpen)
            : Decimals(low.Value, lowIsOpen, high, highIsOpen);
        parts.Add(negative ? _regex.Concat(_regex.Byte((byte)'-'), node) : node);
    }

    private RegexNode Integers(ExactDecimal low, bool lowIsOpen, ExactDecimal? high, bool highIsOpen)
    {
        BigInteger first = -(-low).Floor();
        if (lowIsOpen && low.IsInteger) first += 1;
        if (high is not { } bound) return IntegersFrom(first);
        BigInteger last = bound.Floor();
        if (highIsOpen && bound.IsInteger) last -= 1;
        return Integers(first, last);
    }

    private RegexNode Decimals(ExactDecimal low, bool lowIsOpen, ExactDecimal? high, bool highIsOpen)
    {
        List<RegexNode> parts = [];
        BigInteger lowWhole = low.Floor();
        string lowFraction = Fraction(low);
        RegexNode atLeast = AtLeast(lowFraction, lowIsOpen);
        if (high is not { } bound)
        {
            parts.Add(_regex.Concat(Integers(lowWhole, lowWhole), atLeast));
            parts.Add(_regex.Concat(IntegersFrom(lowWhole + 1), _anyFraction));
        }
        else
        {
            BigInteger highWhole = bound.Floor();
            RegexNode atMost = AtMost(Fraction(bound), highIsOpen);
            if (lowWhole == highWhole)
            {
                parts.Add(_regex.Concat(Integers(lowWhole, lowWhole), _regex.Intersect(atLeast, atMost)));
            }
            else
            {
                parts.Add(_regex.Concat(Integers(lowWhole, lowWhole), atLeast));
                parts.Add(_regex.Concat(Integers(lowWhole + 1, highWhole - 1), _anyFraction));
                parts.Add(_regex.Concat(Integers(highWhole, highWhole), atMost));
            }
        }

        AddExponents(parts, low, lowIsOpen, high);
        return _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    /// <summary>
    /// Numbers with exponents of up to 299, where all of their size are in the range: everything, between 0 and 1, from 1 on, or from 1 to a
    /// power of ten.
    /// </summary>
    private void AddExponents(List<RegexNode> parts, ExactDecimal low, bool lowIsOpen, ExactDecimal? high)
    {
        RegexNode exponent = _regex.Bytes(ByteSet.Of("eE"u8));
        // Up to 299, so that every number is one of floating point.
        RegexNode number = _regex.Concat(_regex.Optional(_regex.Concat(_regex.Optional(Digit(0, 2)), Digit(0, 9))), Digit(0, 9));
        RegexNode sign = _regex.Bytes(ByteSet.Of("+-"u8));
        if (low.Sign == 0 && !lowIsOpen && high is null)
        {
            parts.Add(_regex.Concat(IntegersFrom(BigInteger.Zero), _anyFraction, exponent, _regex.Optional(sign), number));
            return;
        }

        RegexNode mantissa = _regex.Concat(Digit(1, 9), _anyFraction);
        bool hasOne = low.CompareTo(ExactDecimal.One) is var order && (order < 0 || (order == 0 && !lowIsOpen));
        if (hasOne && high is { } most && most.CompareTo(ExactDecimal.One) >= 0)
        {
            int exponents = Math.Min(most.Floor().ToString(CultureInfo.InvariantCulture).Length - 2, 299);
            RegexNode powers = Integers(BigInteger.Zero, exponents);
            parts.Add(_regex.Concat(mantissa, exponent, _regex.Optional(_regex.Byte((byte)'+')), powers));
        }

        if (low.Sign == 0 && (high is not { } top || top.CompareTo(ExactDecimal.One) >= 0))
        {
            parts.Add(_regex.Concat(mantissa, exponent, _regex.Byte((byte)'-'), _regex.Intersect(number, _someNonZero)));
        }

        if (high is null && low.CompareTo(ExactDecimal.One) <= 0)
        {
            parts.Add(_regex.Concat(mantissa, exponent, _regex.Optional(_regex.Byte((byte)'+')), number));
        }
    }

    private static string Fraction(ExactDecimal value)
    {
        string text = value.ToString();
        int point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 ? "" : text[(point + 1)..];
    }

    /// <summary>Fractions, the empty one included, of at least (or more than) the one with these digits.</summary>
    private RegexNode AtLeast(string digits, bool open)
    {
        RegexNode point = _regex.Byte((byte)'.');
        if (digits.Length == 0) return open ? _regex.Concat(point, _someNonZero) : _anyFraction;
        RegexNode tail = open ? _someNonZero : _digits;
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            int digit = digits[i] - '0';
            tail = _regex.Union(_regex.Concat(Digit(digit, digit), tail), _regex.Concat(Digit(digit + 1, 9), _digits));
        }

        return _regex.Concat(point, tail);
    }

    /// <summary>Fractions, the empty one included, of at most (or less than) the one with these digits.</summary>
    private RegexNode AtMost(string digits, bool open)
    {
        RegexNode point = _regex.Byte((byte)'.');
        RegexNode zeros = _regex.Concat(Digit(0, 0), _regex.Repeat(Digit(0, 0), 0));
        if (digits.Length == 0) return open ? RegexNode.Nothing : _regex.Optional(_regex.Concat(point, zeros));
        RegexNode tail = open ? RegexNode.Nothing : _regex.Repeat(Digit(0, 0), 0);
        for (int i = digits.Length - 1; i >= 0; i--)
        {
            int digit = digits[i] - '0';
            tail = _regex.Union(_regex.Concat(Digit(digit, digit), tail), _regex.Concat(Digit(0, digit - 1), _digits));
            if (i > 0) tail = _regex.Optional(tail); // what ends before the last digit, which is not 0, is smaller
        }

        return _regex.Optional(_regex.Concat(point, tail));
    }

    private RegexNode IntegersFrom(BigInteger first)
    {
        if (first.IsZero) return _regex.Union(Digit(0, 0), _regex.Concat(Digit(1, 9), _digits));
        int length = first.ToString(CultureInfo.InvariantCulture).Length;
        RegexNode longer = _regex.Concat(Digit(1, 9), _regex.Repeat(Digit(0, 9), length, RegexTable.Unbounded));
        return _regex.Union(Integers(first, BigInteger.Pow(10, length) - 1), longer);
    }

    /// <summary>Integers of at least 0 from one to another, both included, without leading zeros.</summary>
    private RegexNode Integers(BigInteger first, BigInteger last)
    {
        if (first.Sign < 0) first = BigInteger.Zero;
        List<RegexNode> parts = [];
        string high = last.ToString(CultureInfo.InvariantCulture);
        while (first <= last)
        {
            string low = first.ToString(CultureInfo.InvariantCulture);
            bool sameLength = low.Length == high.Length;
            parts.Add(SameLength(low, sameLength ? high : new string('9', low.Length)));
            if (sameLength) break;
            first = BigInteger.Pow(10, low.Length);
        }

        return _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    private RegexNode SameLength(ReadOnlySpan<char> low, ReadOnlySpan<char> high)
    {
        if (low.Length == 0) return RegexNode.Empty;
        int from = low[0] - '0', to = high[0] - '0';
        if (from == to) return _regex.Concat(Digit(from, to), SameLength(low[1..], high[1..]));
        int rest = low.Length - 1;
        List<RegexNode> parts = [];
        if (low[1..].ContainsAnyExcept('0')) parts.Add(_regex.Concat(Digit(from, from++), TailFrom(low[1..])));
        if (high[1..].ContainsAnyExcept('9')) parts.Add(_regex.Concat(Digit(to, to--), TailTo(high[1..])));
        parts.Add(_regex.Concat(Digit(from, to), _regex.Repeat(Digit(0, 9), rest, rest)));
        return _regex.Union(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts));
    }

    private RegexNode TailFrom(ReadOnlySpan<char> low)
    {
        if (low.Length == 0) return RegexNode.Empty;
        int digit = low[0] - '0';
        return _regex.Union(
            _regex.Concat(Digit(digit, digit), TailFrom(low[1..])),
            _regex.Concat(Digit(digit + 1, 9), _regex.Repeat(Digit(0, 9), low.Length - 1, low.Length - 1)));
    }

    private RegexNode TailTo(ReadOnlySpan<char> high)
    {
        if (high.Length == 0) return RegexNode.Empty;
        int digit = high[0] - '0';
        return _regex.Union(
            _regex.Concat(Digit(digit, digit), TailTo(high[1..])),
            _regex.Concat(Digit(0, digit - 1), _regex.Repeat(Digit(0, 9), high.Length - 1, high.Length - 1)));
    }

    private RegexNode Digit(int first, int last) =>
        first > last ? RegexNode.Nothing : _regex.Range((byte)('0' + first), (byte)('0' + last));
}
