using System.Globalization;
using System.Numerics;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Numbers;

/// <summary>
/// Numbers as symbols of a grammar. Bounds are regular expressions; divisors are counted by remainders, digit by digit, as rules that
/// each read one digit.
/// </summary>
internal sealed class NumberSymbols
{
    private const int MaxStates = 20_000;
    private readonly GrammarBuilder _builder;
    private readonly NumberText _text;
    private readonly Dictionary<NumberRange, Symbol> _known = [];

    public NumberSymbols(GrammarBuilder builder)
    {
        _builder = builder;
        _text = new NumberText(builder.Regex);
    }

    /// <summary>The numbers of a set.</summary>
    /// <exception cref="ConstraintException">A divisor is too large.</exception>
    public Symbol Of(NumberSet set)
    {
        if (set.IsAll) return Of(NumberRange.All);
        return _builder.Choice([.. set.Ranges.Select(Of)]);
    }

    private Symbol Of(NumberRange range)
    {
        if (_known.TryGetValue(range, out Symbol known)) return known;
        Symbol symbol = Divisors(range) is { Count: > 0 } divisors ? Counted(range, divisors) : _builder.Terminal(_text.Of(range));
        _known.Add(range, symbol);
        return symbol;
    }

    /// <summary>What must be counted: not that integers are multiples of 1, which their text shows.</summary>
    private static List<Divisor> Divisors(NumberRange range)
    {
        List<Divisor> divisors = [];
        if (range.Point is not null) return divisors;
        if (range.Multiple is { } multiple && !multiple.Equals(ExactDecimal.One)) divisors.Add(new Divisor(multiple, true));
        foreach (ExactDecimal divisor in range.NotMultiples) divisors.Add(new Divisor(divisor, false));
        return divisors;
    }

    /// <summary>The text of a range read together with the remainders of its divisors.</summary>
    private Symbol Counted(NumberRange range, List<Divisor> divisors)
    {
        RegexTable regex = _builder.Regex;
        // Exponents would change what the digits are worth.
        RegexNode text = regex.Intersect(_text.Of(range), regex.Repeat(regex.Bytes(~ByteSet.Of("eE"u8)), 0));
        Dictionary<State, Symbol> states = [];
        Queue<State> open = [];
        Symbol start = Enter(new State(text, [.. divisors.Select(_ => Remainder.Start)]));
        while (open.TryDequeue(out State? state))
        {
            List<Symbol> options = [];
            foreach (byte value in "-.0123456789"u8)
            {
                RegexNode rest = regex.Step(state.Text, value);
                if (rest.IsNothing) continue;
                Remainder[] remainders = [.. divisors.Select((divisor, i) => divisor.Read(state.Remainders[i], value))];
                if (divisors.Where((divisor, i) => divisor.IsWanted && remainders[i].IsNever).Any()) continue;
                options.Add(_builder.Sequence(_builder.Terminal(regex.Byte(value)), Enter(new State(rest, remainders))));
            }

            if (regex.IsNullable(state.Text) && divisors.Index().All(item => item.Item.Accepts(state.Remainders[item.Index]))) options.Add(Symbol.Empty);
            _builder.Define(states[state], _builder.Choice([.. options]));
        }

        return start;

        Symbol Enter(State state)
        {
            if (states.TryGetValue(state, out Symbol symbol)) return symbol;
            if (states.Count >= MaxStates) throw new ConstraintException("multipleOf is too large a number together with the bounds");
            symbol = _builder.Rule("number");
            states.Add(state, symbol);
            open.Enqueue(state);
            return symbol;
        }
    }

    /// <summary>What is left of a text, and the remainders so far.</summary>
    private sealed record State(RegexNode Text, Remainder[] Remainders)
    {
        public bool Equals(State? other) => other is not null && Text == other.Text && Remainders.AsSpan().SequenceEqual(other.Remainders);

        public override int GetHashCode()
        {
            HashCode code = default;
            code.Add(Text);
            foreach (Remainder remainder in Remainders) code.Add(remainder);
            return code.ToHashCode();
        }
    }

    /// <summary>The remainder of the digits so far, and how many of them are after the point (-1: there is no point yet).</summary>
    private readonly record struct Remainder(long Value, int Fraction)
    {
        public static Remainder Start => new(0, -1);

        public static Remainder Never => new(-1, 0);

        /// <summary>Whether no further digit can make a multiple of it.</summary>
        public bool IsNever => Value < 0;
    }

    /// <summary>A number that others are multiples of, or not.</summary>
    private sealed class Divisor
    {
        private readonly long _value;
        private readonly int _scale;

        public Divisor(ExactDecimal divisor, bool isWanted)
        {
            IsWanted = isWanted;
            if (divisor.Mantissa > int.MaxValue)
            {
                throw new ConstraintException(string.Create(CultureInfo.InvariantCulture, $"multipleOf {divisor} is too large a number"));
            }

            _value = (long)divisor.Mantissa;
            _scale = divisor.Scale;
        }

        public bool IsWanted { get; }

        public Remainder Read(Remainder remainder, byte value)
        {
            if (remainder.IsNever || value == '-') return remainder;
            if (value == '.') return remainder with { Fraction = 0 };
            int digit = value - '0';
            if (remainder.Fraction == _scale) return digit == 0 ? remainder : Remainder.Never;
            return new Remainder(((remainder.Value * 10) + digit) % _value, remainder.Fraction < 0 ? -1 : remainder.Fraction + 1);
        }

        public bool Accepts(Remainder remainder)
        {
            bool isMultiple = !remainder.IsNever &&
                (remainder.Value * BigInteger.Pow(10, _scale - Math.Max(remainder.Fraction, 0)) % _value).IsZero;
            return isMultiple == IsWanted;
        }
    }
}
