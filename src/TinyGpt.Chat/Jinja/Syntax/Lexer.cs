using System.Globalization;
using System.Text;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>
/// Cuts a template into tokens, with <c>trim_blocks</c> and <c>lstrip_blocks</c>: the line end after a block and the white space before one on
/// its line are left out.
/// </summary>
internal sealed class Lexer
{
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", ">=", "<=",
        "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly List<Token> _tokens = [];
    private int _position;
    private bool _startsLine = true; // whether what was read last ended a line

    private Lexer(TemplateSource source)
    {
        _source = source;
        _text = source.Text;
    }

    internal static List<Token> Read(TemplateSource source)
    {
        Lexer lexer = new(source);
        while (lexer._position < lexer._text.Length)
        {
            lexer.ReadData();
        }

        lexer._tokens.Add(new Token(TokenKind.End, "", lexer._text.Length));
        return lexer._tokens;
    }

    /// <summary>Reads text up to a tag, and the tag.</summary>
    private void ReadData()
    {
        int start = _position;
        int tag = FindTag(start);
        if (tag < 0)
        {
            AddData(start, _text.Length);
            _position = _text.Length;
            return;
        }

        char kind = _text[tag + 1];
        char sign = tag + 2 < _text.Length && _text[tag + 2] is '-' or '+' ? _text[tag + 2] : '\0';
        int end = tag;
        if (sign == '-')
        {
            while (end > start && Characters.IsSpace(_text[end - 1]))
            {
                end--;
            }
        }
        else if (sign == '\0' && kind != '{')
        {
            end = WithoutIndentation(start, tag);
        }

        AddData(start, end);
        _position = tag + (sign == '\0' ? 2 : 3);
        SetLineStart();
        switch (kind)
        {
            case '#':
                SkipComment(tag);
                break;
            case '%' when FindRaw() is >= 0 and int after:
                _position = after;
                SetLineStart();
                ReadRaw(tag);
                break;
            default:
                _tokens.Add(new Token(kind == '{' ? TokenKind.VariableBegin : TokenKind.BlockBegin, "", tag));
                ReadTag(kind == '{');
                break;
        }
    }

    private int FindTag(int start)
    {
        for (int at = start; (at = _text.IndexOf('{', at)) >= 0; at++)
        {
            if (at + 1 < _text.Length && _text[at + 1] is '{' or '%' or '#')
            {
                return at;
            }
        }

        return -1;
    }

    /// <summary>Where the white space before a tag begins that is alone on its line; else the tag's own place.</summary>
    private int WithoutIndentation(int start, int tag)
    {
        int lineEnd = tag > start ? _text.LastIndexOf('\n', tag - 1, tag - start) : -1;
        if (lineEnd < 0 && !_startsLine)
        {
            return tag;
        }

        int line = lineEnd < 0 ? start : lineEnd + 1;
        for (int i = line; i < tag; i++)
        {
            if (!Characters.IsSpace(_text[i]))
            {
                return tag;
            }
        }

        return line;
    }

    private void AddData(int start, int end)
    {
        if (end > start)
        {
            _tokens.Add(new Token(TokenKind.Data, _text[start..end], start));
        }
    }

    private void SetLineStart() => _startsLine = _position > 0 && _text[_position - 1] == '\n';

    private void SkipComment(int tag)
    {
        int close = _text.IndexOf("#}", _position, StringComparison.Ordinal);
        if (close < 0)
        {
            throw _source.Fail(tag, "a comment has no end '#}'");
        }

        char sign = close > _position ? _text[close - 1] : '\0';
        EndBlock(close + 2, sign);
    }

    /// <summary>Passes what follows the end of a block or comment: all white space after '-', the line end unless after '+'.</summary>
    private void EndBlock(int position, char sign)
    {
        _position = position;
        if (sign == '-')
        {
            _position = SkipSpaces(_position);
        }
        else if (sign != '+' && _position < _text.Length && _text[_position] == '\n')
        {
            _position++;
        }

        SetLineStart();
    }

    /// <summary>The place after <c>raw %}</c>, or -1 where there is something else.</summary>
    private int FindRaw()
    {
        int at = SkipSpaces(_position);
        if (!_text.AsSpan(at).StartsWith("raw"))
        {
            return -1;
        }

        at = SkipSpaces(at + 3);
        ReadOnlySpan<char> rest = _text.AsSpan(at);
        return rest.StartsWith("-%}") ? SkipSpaces(at + 3) : rest.StartsWith("%}") ? at + 2 : -1;
    }

    private int SkipSpaces(int at)
    {
        while (at < _text.Length && Characters.IsSpace(_text[at]))
        {
            at++;
        }

        return at;
    }

    private void ReadRaw(int tag)
    {
        int start = _position;
        for (int at = start; (at = _text.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            char sign = at + 2 < _text.Length && _text[at + 2] is '-' or '+' ? _text[at + 2] : '\0';
            int name = SkipSpaces(at + (sign == '\0' ? 2 : 3));
            if (!_text.AsSpan(name).StartsWith("endraw"))
            {
                continue;
            }

            int close = SkipSpaces(name + 6);
            char closingSign = close < _text.Length && _text[close] is '-' or '+' ? _text[close] : '\0';
            close += closingSign == '\0' ? 0 : 1;
            if (!_text.AsSpan(close).StartsWith("%}"))
            {
                continue;
            }

            int end = at;
            if (sign == '-')
            {
                while (end > start && Characters.IsSpace(_text[end - 1]))
                {
                    end--;
                }
            }
            else if (sign == '\0')
            {
                end = WithoutIndentation(start, at);
            }

            AddData(start, end);
            EndBlock(close + 2, closingSign);
            return;
        }

        throw _source.Fail(tag, "a raw block has no end");
    }

    private void ReadTag(bool isVariable)
    {
        Stack<char> open = new();
        string end = isVariable ? "}}" : "%}";
        while (_position < _text.Length)
        {
            ReadOnlySpan<char> rest = _text.AsSpan(_position);
            if (open.Count == 0)
            {
                char sign = rest.Length > 2 && (rest[0] == '-' || (rest[0] == '+' && !isVariable)) && rest[1..].StartsWith(end) ? rest[0] : '\0';
                if (sign != '\0' || rest.StartsWith(end))
                {
                    _tokens.Add(new Token(isVariable ? TokenKind.VariableEnd : TokenKind.BlockEnd, "", _position));
                    int after = _position + (sign == '\0' ? 2 : 3);
                    EndBlock(after, isVariable && sign == '\0' ? '+' : sign);
                    return;
                }
            }

            ReadToken(open);
        }

        throw _source.Fail(_text.Length, $"the template ends within a tag, before its '{end}'");
    }

    private void ReadToken(Stack<char> open)
    {
        int start = _position;
        char c = _text[start];
        if (Characters.IsSpace(c))
        {
            _position++;
        }
        else if (char.IsAsciiDigit(c))
        {
            ReadNumber();
        }
        else if (c is '\'' or '"')
        {
            ReadString(c);
        }
        else if (c == '_' || char.IsLetter(c))
        {
            while (_position < _text.Length && (_text[_position] == '_' || char.IsLetterOrDigit(_text[_position])))
            {
                _position++;
            }

            _tokens.Add(new Token(TokenKind.Name, _text[start.._position], start));
        }
        else
        {
            ReadOperator(open);
        }
    }

    private void ReadOperator(Stack<char> open)
    {
        foreach (string operation in Operators)
        {
            if (string.CompareOrdinal(_text, _position, operation, 0, operation.Length) != 0)
            {
                continue;
            }

            if (operation is "(" or "[" or "{")
            {
                open.Push(operation[0] == '(' ? ')' : operation[0] == '[' ? ']' : '}');
            }
            else if (operation is ")" or "]" or "}" && (!open.TryPop(out char expected) || expected != operation[0]))
            {
                throw _source.Fail(_position, $"'{operation}' closes nothing that is open");
            }

            _tokens.Add(new Token(TokenKind.Operator, operation, _position));
            _position += operation.Length;
            return;
        }

        throw _source.Fail(_position, $"unexpected character {(char.IsControl(_text[_position]) ? $"U+{(int)_text[_position]:X4}" : $"'{_text[_position]}'")}");
    }

    private void ReadNumber()
    {
        int start = _position;
        if (_text[start] == '0' && start + 1 < _text.Length && char.ToLowerInvariant(_text[start + 1]) is 'x' or 'o' or 'b')
        {
            _position += 2;
            while (_position < _text.Length && (char.IsAsciiHexDigit(_text[_position]) || _text[_position] == '_'))
            {
                _position++;
            }

            _tokens.Add(new Token(TokenKind.Integer, _text[start.._position].Replace("_", "", StringComparison.Ordinal), start));
            return;
        }

        SkipDigits();
        bool isFloat = false;
        bool afterDot = start > 0 && _text[start - 1] == '.';
        if (!afterDot && _position + 1 < _text.Length && _text[_position] == '.' && char.IsAsciiDigit(_text[_position + 1]))
        {
            isFloat = true;
            _position++;
            SkipDigits();
        }

        if (!afterDot && _position < _text.Length && _text[_position] is 'e' or 'E')
        {
            int digits = _position + 1;
            digits += digits < _text.Length && _text[digits] is '+' or '-' ? 1 : 0;
            if (digits < _text.Length && char.IsAsciiDigit(_text[digits]))
            {
                isFloat = true;
                _position = digits;
                SkipDigits();
            }
        }

        string number = _text[start.._position].Replace("_", "", StringComparison.Ordinal);
        if (!isFloat && number.Length > 1 && number[0] == '0' && number.AsSpan().ContainsAnyExcept('0'))
        {
            throw _source.Fail(start, $"an integer cannot begin with 0: {number}");
        }

        _tokens.Add(new Token(isFloat ? TokenKind.Float : TokenKind.Integer, number, start));
    }

    private void SkipDigits()
    {
        while (_position < _text.Length
            && (char.IsAsciiDigit(_text[_position])
                || (_text[_position] == '_' && _position + 1 < _text.Length && char.IsAsciiDigit(_text[_position + 1]))))
        {
            _position++;
        }
    }

    private void ReadString(char quote)
    {
        int start = _position++;
        StringBuilder value = new();
        while (true)
        {
            if (_position >= _text.Length)
            {
                throw _source.Fail(start, "a string has no end");
            }

            char c = _text[_position++];
            if (c == quote)
            {
                break;
            }

            if (c != '\\')
            {
                value.Append(c);
            }
            else if (_position < _text.Length)
            {
                ReadEscape(value);
            }
        }

        _tokens.Add(new Token(TokenKind.String, value.ToString(), start));
    }

    private void ReadEscape(StringBuilder value)
    {
        int start = _position - 1;
        char c = _text[_position++];
        switch (c)
        {
            case '\n':
                break;
            case '\\' or '\'' or '"':
                value.Append(c);
                break;
            case 'a':
                value.Append('\a');
                break;
            case 'b':
                value.Append('\b');
                break;
            case 'f':
                value.Append('\f');
                break;
            case 'n':
                value.Append('\n');
                break;
            case 'r':
                value.Append('\r');
                break;
            case 't':
                value.Append('\t');
                break;
            case 'v':
                value.Append('\v');
                break;
            case 'x':
                ReadCodePoint(2, start, value);
                break;
            case 'u':
                ReadCodePoint(4, start, value);
                break;
            case 'U':
                ReadCodePoint(8, start, value);
                break;
            case 'N':
                throw _source.Fail(start, @"'\N{…}' is not supported: write the character itself");
            case >= '0' and <= '7':
                int code = c - '0';
                for (int i = 0; i < 2 && _position < _text.Length && _text[_position] is >= '0' and <= '7'; i++)
                {
                    code = (8 * code) + _text[_position++] - '0';
                }

                value.Append((char)code);
                break;
            default:
                value.Append('\\').Append(c);
                break;
        }
    }

    private void ReadCodePoint(int digits, int start, StringBuilder value)
    {
        if (_position + digits > _text.Length
            || !int.TryParse(_text.AsSpan(_position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int point)
            || point is < 0 or > 0x10FFFF)
        {
            throw _source.Fail(start, $"an escape in a string needs {digits} hexadecimal digits of a code point");
        }

        _position += digits;
        _ = point < 0x10000 ? value.Append((char)point) : value.Append(char.ConvertFromUtf32(point));
    }
}
