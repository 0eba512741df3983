using System.Globalization;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Expressions;

/// <summary>
/// Reads regular expressions in ECMA-262 syntax as JSON Schema means them: over code points, with the forgiving syntax of the
/// standard's Annex B. What is no regular language or is asserted about neighbours (look-around, back-references, word
/// boundaries) is refused by name.
/// </summary>
internal ref struct ExpressionParser
{
    private const int MaxDepth = 100;
    private const int MaxRepetitions = 100_000;

    private readonly string _pattern;
    private int _position;
    private int _depth;

    private ExpressionParser(string pattern)
    {
        _pattern = pattern;
    }

    private readonly bool AtEnd => _position >= _pattern.Length;

    private readonly char Current => _position < _pattern.Length ? _pattern[_position] : '\0';

    /// <exception cref="ConstraintException">The pattern is wrong or not supported; the location is the position in it.</exception>
    public static Expression Parse(string pattern)
    {
        ExpressionParser parser = new(pattern);
        Expression expression = parser.Choice();
        return parser.AtEnd ? expression : throw parser.Wrong("a ')' without its '('");
    }

    private Expression Choice()
    {
        if (++_depth > MaxDepth) throw Wrong($"groups are nested deeper than {MaxDepth}");
        List<Expression> branches = [Sequence()];
        while (Current == '|' && !AtEnd)
        {
            _position++;
            branches.Add(Sequence());
        }

        _depth--;
        return Expression.Choice(branches);
    }

    private Expression Sequence()
    {
        List<Expression> parts = [];
        while (!AtEnd && Current is not ('|' or ')')) parts.Add(Quantified());
        return Expression.Sequence(parts);
    }

    private Expression Quantified()
    {
        Expression atom = Atom();
        if (AtEnd) return atom;
        (int min, int? max)? count = Quantifier();
        if (count is not (int least, var most)) return atom;
        if (Current == '?' && !AtEnd) _position++; // lazy: the same language
        if (!AtEnd && Current is '*' or '+' && Current != '\0') throw Wrong("a quantifier without anything to repeat");
        return atom.Repeated(least, most);
    }

    private (int Min, int? Max)? Quantifier()
    {
        switch (Current)
        {
            case '*': _position++; return (0, null);
            case '+': _position++; return (1, null);
            case '?': _position++; return (0, 1);
            case '{': return Braces();
            default: return null;
        }
    }

    /// <summary>{n}, {n,} or {n,m}; anything else in braces is literal text.</summary>
    private (int Min, int? Max)? Braces()
    {
        int end = _position + 1;
        if (!Digits(ref end, out int min)) return null;
        int? max = min;
        if (end < _pattern.Length && _pattern[end] == ',')
        {
            end++;
            max = Digits(ref end, out int upper) ? upper : null;
        }

        if (end >= _pattern.Length || _pattern[end] != '}') return null;
        if (max < min) throw Wrong("the numbers of a repetition are out of order");
        if (Math.Max(min, max ?? 0) > MaxRepetitions) throw Wrong($"a repetition of more than {MaxRepetitions}");
        _position = end + 1;
        return (min, max);
    }

    private readonly bool Digits(ref int position, out int value)
    {
        int start = position;
        long number = 0;
        while (position < _pattern.Length && char.IsAsciiDigit(_pattern[position]))
        {
            number = Math.Min(number * 10 + (_pattern[position++] - '0'), int.MaxValue);
        }

        value = (int)number;
        return position > start;
    }

    private Expression Atom()
    {
        switch (Current)
        {
            case '^': _position++; return Expression.Start;
            case '$': _position++; return Expression.End;
            case '.': _position++; return Expression.Of(CharacterClasses.Dot);
            case '(': return Group();
            case '[':
                _position++;
                return Expression.Of(Class());
            case '\\': return Escape();
            case '*' or '+' or '?': throw Wrong("a quantifier without anything to repeat");
            default: return Expression.Of(CodePointSet.Of(CodePoint()));
        }
    }

    private Expression Group()
    {
        _position++;
        if (Current == '?')
        {
            _position++;
            char kind = Current;
            char next = _position + 1 < _pattern.Length ? _pattern[_position + 1] : '\0';
            if (kind == ':') _position++;
            else if (kind is '=' or '!') throw Unsupported("look-ahead");
            else if (kind == '<' && next is '=' or '!') throw Unsupported("look-behind");
            else if (kind == '<' && _pattern.IndexOf('>', _position) is int close && close > 0) _position = close + 1;
            else throw Unsupported("inline flags and other extensions of '(?'");
        }

        Expression inner = Choice();
        if (AtEnd) throw Wrong("a '(' without its ')'");
        _position++;
        return inner;
    }

    private Expression Escape()
    {
        _position++;
        if (AtEnd) throw Wrong("a '\\' at the end");
        char kind = Current;
        if (kind is 'b' or 'B') throw Unsupported("word boundary");
        if (kind is >= '1' and <= '9') throw Unsupported("back-reference");
        if (kind == 'k' && _pattern.AsSpan(_position).StartsWith("k<")) throw Unsupported("back-reference");
        if (kind is 'A' or 'Z' or 'z' or 'G' or 'Q' or 'E' or 'K' or 'R' or 'X' or 'h' or 'H')
        {
            // Other dialects give these a meaning, ECMA's lenient mode the letter itself. Neither reading is safe to assume.
            throw Unsupported($"the escape \\{kind}, which ECMA-262 does not have");
        }

        return Expression.Of(CharacterClasses.Escape(kind) is { } set ? Skip(set) : Property() ?? CodePointSet.Of(EscapedCodePoint()));
    }

    private CodePointSet Skip(CodePointSet set)
    {
        _position++;
        return set;
    }

    /// <summary>\p{…} or \P{…}.</summary>
    private CodePointSet? Property()
    {
        if (Current is not ('p' or 'P') || _position + 1 >= _pattern.Length || _pattern[_position + 1] != '{') return null;
        int close = _pattern.IndexOf('}', _position);
        if (close < 0) throw Wrong("a '\\p{' without its '}'");
        string name = _pattern[(_position + 2)..close];
        CodePointSet set = CharacterClasses.Property(name) ?? throw Unsupported($"Unicode property '{name}'");
        bool negated = Current == 'P';
        _position = close + 1;
        return negated ? set.Complement() : set;
    }

    /// <summary>The code point of an escape; the position is after the backslash.</summary>
    private int EscapedCodePoint()
    {
        char kind = Current;
        _position++;
        switch (kind)
        {
            case 't': return '\t';
            case 'n': return '\n';
            case 'v': return '\v';
            case 'f': return '\f';
            case 'r': return '\r';
            case '0': return 0;
            case 'c' when char.IsAsciiLetter(Current): return _pattern[_position++] & 31;
            case 'x' when Hex(2, out int value): return value;
            case 'u' when Current == '{': return Braced();
            case 'u' when Hex(4, out int value): return char.IsHighSurrogate((char)value) ? Pair(value) : value;
            default:
                _position--;
                return CodePoint();
        }
    }

    private bool Hex(int digits, out int value)
    {
        value = 0;
        return _position + digits <= _pattern.Length &&
            int.TryParse(_pattern.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) &&
            (_position += digits) > 0;
    }

    private int Braced()
    {
        int close = _pattern.IndexOf('}', _position);
        if (close < 0 || close - _position is < 2 or > 9 ||
            !int.TryParse(
                _pattern.AsSpan(_position + 1, close - _position - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) ||
            value is < 0 or > 0x10FFFF)
        {
            throw Wrong("no code point in '\\u{…}'");
        }

        _position = close + 1;
        return value;
    }

    private int Pair(int high)
    {
        int start = _position;
        if (_pattern.AsSpan(_position).StartsWith("\\u"))
        {
            _position += 2;
            if (Hex(4, out int low) && char.IsLowSurrogate((char)low)) return char.ConvertToUtf32((char)high, (char)low);
            _position = start;
        }

        return high;
    }

    private int CodePoint()
    {
        char first = _pattern[_position++];
        return char.IsHighSurrogate(first) && char.IsLowSurrogate(Current) ? char.ConvertToUtf32(first, _pattern[_position++]) : first;
    }

    /// <summary>The rest of a class, after its '['.</summary>
    private CodePointSet Class()
    {
        bool negated = Current == '^' && !AtEnd;
        if (negated) _position++;
        List<(int, int)> ranges = [];
        while (true)
        {
            if (AtEnd) throw Wrong("a '[' without its ']'");
            if (Current == ']') break;
            CodePointSet? first = ClassAtom(out int from);
            if (Current == '-' && _position + 1 < _pattern.Length && _pattern[_position + 1] != ']')
            {
                int dash = _position++;
                CodePointSet? second = ClassAtom(out int to);
                if (first is null && second is null)
                {
                    if (from > to) throw Wrong("a range of a class is out of order");
                    ranges.Add((from, to));
                    continue;
                }

                // Annex B: beside a class such as \w, the '-' is itself.
                ranges.Add((_pattern[dash], _pattern[dash]));
                Add(ranges, second, to);
            }

            Add(ranges, first, from);
        }

        _position++;
        CodePointSet set = CodePointSet.Of([.. ranges]);
        return negated ? set.Complement() : set;
    }

    private static void Add(List<(int, int)> ranges, CodePointSet? set, int codePoint)
    {
        if (set is null) ranges.Add((codePoint, codePoint));
        else ranges.AddRange(set.Ranges);
    }

    private CodePointSet? ClassAtom(out int codePoint)
    {
        codePoint = -1;
        if (AtEnd) throw Wrong("a '[' without its ']'");
        if (Current != '\\')
        {
            codePoint = CodePoint();
            return null;
        }

        _position++;
        if (AtEnd) throw Wrong("a '\\' at the end");
        if (Current == 'b')
        {
            _position++;
            codePoint = '\b';
            return null;
        }

        if (CharacterClasses.Escape(Current) is { } set) return Skip(set);
        if (Property() is { } property) return property;
        codePoint = EscapedCodePoint();
        return null;
    }

    private readonly ConstraintException Wrong(string what) =>
        new($"regular expression '{_pattern}' is wrong: {what}", $"position {_position}");

    private readonly ConstraintException Unsupported(string what) =>
        new($"regular expression '{_pattern}' is not supported: {what}", $"position {_position}");
}
