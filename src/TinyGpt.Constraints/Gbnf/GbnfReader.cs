using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using TinyGpt.Constraints.Grammars;
using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Gbnf;

/// <summary>Reads grammars in GBNF.</summary>
/// <param name="text">The grammar.</param>
/// <param name="builder">Where its symbols are put.</param>
internal sealed class GbnfReader(string text, GrammarBuilder builder)
{
    private const int MaxLength = 1 << 20;
    private const int MaxRepeats = 1 << 20;

    private readonly Dictionary<string, Symbol> _rules = [];
    private readonly HashSet<string> _defined = [];
    private int _at;

    /// <summary>Reads all rules.</summary>
    /// <param name="root">The name of the rule to begin with.</param>
    /// <returns>Its symbol.</returns>
    public Symbol Read(string root)
    {
        if (text.Length > MaxLength)
        {
            throw new ConstraintException($"The grammar has {text.Length:N0} characters; at most {MaxLength:N0} are read.");
        }

        SkipSpace(acrossLines: true);
        while (_at < text.Length)
        {
            string name = Name() is { Length: > 0 } found ? found : throw Wrong("expected the name of a rule");
            SkipSpace(acrossLines: false);
            Expect("::=");
            SkipSpace(acrossLines: true);
            if (!_defined.Add(name))
            {
                throw Wrong($"the rule \"{name}\" is defined twice");
            }

            builder.Define(Rule(name), Alternatives(isNested: false));
            if (_at < text.Length && text[_at] is not ('\n' or '\r'))
            {
                throw Wrong($"expected the end of the line, not '{text[_at]}'");
            }

            SkipSpace(acrossLines: true);
        }

        return _defined.Contains(root) ? Rule(root) : throw new ConstraintException($"The grammar has no rule \"{root}\".");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private Symbol Rule(string name)
    {
        if (!_rules.TryGetValue(name, out Symbol rule))
        {
            rule = builder.Rule(name);
            _rules.Add(name, rule);
        }

        return rule;
    }

    private Symbol Alternatives(bool isNested)
    {
        RuntimeLimits.CheckStack();
        List<Symbol> options = [Sequence(isNested)];
        while (_at < text.Length && text[_at] == '|')
        {
            _at++;
            SkipSpace(acrossLines: true);
            options.Add(Sequence(isNested));
        }

        return builder.Choice(CollectionsMarshal.AsSpan(options));
    }

    private Symbol Sequence(bool isNested)
    {
        List<Symbol> parts = [];
        while (_at < text.Length && Primary() is { } part)
        {
            SkipSpace(isNested);
            while (_at < text.Length && Counts() is var (min, max))
            {
                part = builder.Repeat(part, min, max);
                SkipSpace(isNested);
            }

            parts.Add(part);
        }

        return builder.Sequence(CollectionsMarshal.AsSpan(parts));
    }

    private Symbol? Primary()
    {
        switch (text[_at])
        {
            case '"':
                return Literal();
            case '[':
                return CharacterClass();
            case '.':
                _at++;
                return builder.Terminal(builder.Regex.CodePoints(CodePointSet.All));
            case '(':
                _at++;
                SkipSpace(acrossLines: true);
                Symbol group = Alternatives(isNested: true);
                Expect(")");
                return group;
            case '<' or '!':
                throw Wrong("references to tokens are not supported");
            default:
                string name = Name();
                return name.Length > 0 ? Rule(name) : null;
        }
    }

    private (int Min, int Max)? Counts()
    {
        switch (text[_at])
        {
            case '*':
                _at++;
                return (0, RegexTable.Unbounded);
            case '+':
                _at++;
                return (1, RegexTable.Unbounded);
            case '?':
                _at++;
                return (0, 1);
            case '{':
                _at++;
                SkipSpace(acrossLines: true);
                int min = Number();
                int max = min;
                SkipSpace(acrossLines: true);
                if (_at < text.Length && text[_at] == ',')
                {
                    _at++;
                    SkipSpace(acrossLines: true);
                    max = _at < text.Length && char.IsAsciiDigit(text[_at]) ? Number() : RegexTable.Unbounded;
                    SkipSpace(acrossLines: true);
                }

                Expect("}");
                return max >= min ? (min, max) : throw Wrong($"{{{min},{max}}} has its smaller number last");
            default:
                return null;
        }
    }

    private int Number()
    {
        int start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        return int.TryParse(text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= MaxRepeats
            ? number
            : throw Wrong($"expected a number up to {MaxRepeats:N0}");
    }

    private Symbol Literal()
    {
        _at++;
        StringBuilder literal = new();
        while (Peek("a literal") != '"')
        {
            literal.Append(char.ConvertFromUtf32(Character()));
        }

        _at++;
        return builder.Literal(literal.ToString());
    }

    private Symbol CharacterClass()
    {
        _at++;
        bool isNegated = Peek("a class of characters") == '^';
        _at += isNegated ? 1 : 0;
        List<(int First, int Last)> ranges = [];
        while (Peek("a class of characters") != ']')
        {
            int first = Character();
            int last = first;
            if (Peek("a class of characters") == '-' && _at + 1 < text.Length && text[_at + 1] != ']')
            {
                _at++;
                last = Character();
                if (last < first)
                {
                    throw Wrong("a range of characters has its smaller end last");
                }
            }

            ranges.Add((first, last));
        }

        _at++;
        CodePointSet set = CodePointSet.Of(CollectionsMarshal.AsSpan(ranges));
        return builder.Terminal(builder.Regex.CodePoints(isNegated ? set.Complement() : set));
    }

    /// <summary>A character or an escape.</summary>
    private int Character()
    {
        if (text[_at] != '\\')
        {
            Rune rune = Rune.TryGetRuneAt(text, _at, out Rune found) ? found : throw Wrong("a surrogate has no partner");
            _at += rune.Utf16SequenceLength;
            return rune.Value;
        }

        _at++;
        char letter = Peek("an escape");
        _at++;
        return letter switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'x' => Hexadecimal(2),
            'u' => Hexadecimal(4),
            'U' => Hexadecimal(8),
            '\\' or '"' or '[' or ']' or '-' or '^' => letter,
            _ => throw Wrong($"the escape \\{letter} is not known"),
        };
    }

    private int Hexadecimal(int digits)
    {
        bool isNumber = int.TryParse(
            text.AsSpan(_at, Math.Min(digits, text.Length - _at)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value);
        if (!isNumber || _at + digits > text.Length || !Rune.IsValid(value))
        {
            throw Wrong($"expected {digits} hexadecimal digits of a code point");
        }

        _at += digits;
        return value;
    }

    private string Name()
    {
        int start = _at;
        while (_at < text.Length && IsNameCharacter(text[_at]))
        {
            _at++;
        }

        return text[start.._at];
    }

    private char Peek(string what) =>
        _at < text.Length && text[_at] is not ('\n' or '\r') ? text[_at] : throw Wrong($"{what} does not end");

    private void Expect(string expected)
    {
        if (!text.AsSpan(_at).StartsWith(expected, StringComparison.Ordinal))
        {
            throw Wrong($"expected {expected}");
        }

        _at += expected.Length;
    }

    private void SkipSpace(bool acrossLines)
    {
        while (_at < text.Length && (text[_at] is ' ' or '\t' or '#' || (acrossLines && (text[_at] is '\n' or '\r'))))
        {
            if (text[_at] == '#')
            {
                int end = text.AsSpan(_at).IndexOfAny('\n', '\r');
                _at = end < 0 ? text.Length : _at + end;
            }
            else
            {
                _at++;
            }
        }
    }

    private ConstraintException Wrong(string what)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Min(_at, text.Length));
        int line = before.Count('\n') + 1;
        return new ConstraintException(what, $"line {line}, column {before.Length - before.LastIndexOf('\n')}");
    }
}
