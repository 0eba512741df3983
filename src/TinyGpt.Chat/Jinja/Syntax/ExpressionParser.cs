using System.Globalization;
using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>Reads expressions, with the precedence that Jinja has.</summary>
internal sealed class ExpressionParser(TokenStream tokens, SyntaxNames names)
{
    private const int MaxDepth = 200;

    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private int _depth;

    /// <summary>Names that have been read, for macros that ask whether they use <c>caller</c> and the like.</summary>
    internal HashSet<string> UsedNames { get; set; } = [];

    /// <summary>Whether a filter that does not exist is an error only when it is used, as within a condition.</summary>
    internal bool IsConditional { get; set; }

    internal Expression Read(bool withConditional = true)
    {
        Enter();
        Expression expression = withConditional ? ReadConditional() : ReadOr();
        _depth--;
        return expression;
    }

    /// <summary>Reads an expression, or several with commas between as a tuple.</summary>
    internal Expression ReadTuple(bool withConditional = true, bool isInParentheses = false, string? endName = null)
    {
        int offset = tokens.Current.Offset;
        List<Expression> items = [];
        bool isTuple = false;
        while (!(tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || tokens.Current.Is(")") || (endName is not null && tokens.Current.IsName(endName))))
        {
            items.Add(Read(withConditional));
            if (!tokens.Skip(","))
            {
                break;
            }

            isTuple = true;
        }

        return !isTuple && items.Count == 1 ? items[0]
            : isTuple || isInParentheses ? new ListLiteral(offset, items, IsTuple: true)
            : throw tokens.Unexpected("an expression");
    }

    /// <summary>Reads what is assigned to: a name, a tuple of names, or a member of a namespace.</summary>
    internal Expression ReadTarget(bool withNamespace, string? endName = null)
    {
        int offset = tokens.Current.Offset;
        if (withNamespace && tokens.Current.Kind == TokenKind.Name && tokens.Following.Is("."))
        {
            NameExpression name = ReadName();
            tokens.Next();
            return new MemberAccess(offset, name, tokens.Expect(TokenKind.Name, "a name").Text);
        }

        Enter();
        List<Expression> items = [];
        bool isTuple = false;
        while (tokens.Current.Kind == TokenKind.Name || tokens.Current.Is("("))
        {
            if (endName is not null && tokens.Current.IsName(endName))
            {
                break;
            }

            if (tokens.Skip("("))
            {
                items.Add(ReadTarget(withNamespace: false));
                tokens.Expect(")");
            }
            else
            {
                items.Add(ReadName());
            }

            if (!tokens.Skip(","))
            {
                break;
            }

            isTuple = true;
        }

        _depth--;
        return items.Count == 0 ? throw tokens.Unexpected("a name to assign to")
            : isTuple ? new ListLiteral(offset, items, IsTuple: true)
            : items[0];
    }

    /// <summary>Reads a filter's name and arguments after its bar.</summary>
    internal FilterExpression ReadFilter(Expression? target)
    {
        Token token = tokens.Expect(TokenKind.Name, "a filter's name");
        string name = ReadDotted(token.Text);
        CallArguments arguments = tokens.Current.Is("(") ? ReadArguments() : CallArguments.None;
        return names.Filters.Contains(name) || IsConditional
            ? new FilterExpression(token.Offset, target, name, arguments)
            : throw tokens.Fail(token.Offset, $"there is no filter '{name}'");
    }

    private void Enter()
    {
        if (++_depth > MaxDepth)
        {
            throw tokens.Fail(tokens.Current.Offset, $"the expression is nested deeper than {MaxDepth} levels");
        }
    }

    /// <summary>Counts one more operator of a chain, whose tree is as deep as the chain is long.</summary>
    private void CountLink(ref int links)
    {
        if (++links > 4 * MaxDepth)
        {
            throw tokens.Fail(tokens.Current.Offset, $"the expression has more than {4 * MaxDepth} operators in a row");
        }
    }

    private NameExpression ReadName()
    {
        Token token = tokens.Expect(TokenKind.Name, "a name");
        return token.Text is "true" or "false" or "none" or "True" or "False" or "None"
            ? throw tokens.Fail(token.Offset, $"'{token.Text}' cannot be assigned to")
            : new NameExpression(token.Offset, token.Text);
    }

    private string ReadDotted(string name)
    {
        while (tokens.Skip("."))
        {
            name += "." + tokens.Expect(TokenKind.Name, "a name").Text;
        }

        return name;
    }

    private Expression ReadConditional()
    {
        bool before = IsConditional;
        Expression result = ReadOr();
        int links = 0;
        while (tokens.Current.IsName("if"))
        {
            CountLink(ref links);
            int offset = tokens.Next().Offset;
            IsConditional = true;
            Expression test = ReadOr();
            Expression? otherwise = tokens.SkipName("else") ? Read() : null;
            IsConditional = before;
            result = new Conditional(offset, test, result, otherwise);
        }

        return result;
    }

    private Expression ReadOr()
    {
        Expression left = ReadAnd();
        int links = 0;
        while (tokens.Current.IsName("or"))
        {
            CountLink(ref links);
            int offset = tokens.Next().Offset;
            left = new Binary(offset, "or", left, ReadAnd());
        }

        return left;
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        int links = 0;
        while (tokens.Current.IsName("and"))
        {
            CountLink(ref links);
            int offset = tokens.Next().Offset;
            left = new Binary(offset, "and", left, ReadNot());
        }

        return left;
    }

    private Expression ReadNot()
    {
        if (!tokens.Current.IsName("not"))
        {
            return ReadComparison();
        }

        int offset = tokens.Next().Offset;
        Enter();
        Expression operand = ReadNot();
        _depth--;
        return new Unary(offset, "not", operand);
    }

    private Expression ReadComparison()
    {
        Expression first = ReadSum();
        List<(string, Expression)> rest = [];
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Current.Text))
            {
                string operation = tokens.Next().Text;
                rest.Add((operation, ReadSum()));
            }
            else if (tokens.SkipName("in"))
            {
                rest.Add(("in", ReadSum()));
            }
            else if (tokens.Current.IsName("not") && tokens.Following.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ReadSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first.Offset, first, rest);
            }
        }
    }

    private Expression ReadSum()
    {
        Expression left = ReadConcatenation();
        int links = 0;
        while (tokens.Current.Is("+") || tokens.Current.Is("-"))
        {
            CountLink(ref links);
            Token token = tokens.Next();
            left = new Binary(token.Offset, token.Text, left, ReadConcatenation());
        }

        return left;
    }

    private Expression ReadConcatenation()
    {
        Expression first = ReadProduct();
        if (!tokens.Current.Is("~"))
        {
            return first;
        }

        List<Expression> parts = [first];
        while (tokens.Skip("~"))
        {
            parts.Add(ReadProduct());
        }

        return new Concatenation(first.Offset, parts);
    }

    private Expression ReadProduct()
    {
        Expression left = ReadPower();
        int links = 0;
        while (tokens.Current.Is("*") || tokens.Current.Is("/") || tokens.Current.Is("//") || tokens.Current.Is("%"))
        {
            CountLink(ref links);
            Token token = tokens.Next();
            left = new Binary(token.Offset, token.Text, left, ReadPower());
        }

        return left;
    }

    private Expression ReadPower()
    {
        Expression left = ReadUnary(withFilter: true);
        int links = 0;
        while (tokens.Current.Is("**"))
        {
            CountLink(ref links);
            int offset = tokens.Next().Offset;
            left = new Binary(offset, "**", left, ReadUnary(withFilter: true));
        }

        return left;
    }

    private Expression ReadUnary(bool withFilter)
    {
        Enter();
        Expression expression;
        if (tokens.Current.Is("-") || tokens.Current.Is("+"))
        {
            Token token = tokens.Next();
            expression = new Unary(token.Offset, token.Text, ReadUnary(withFilter: false));
        }
        else
        {
            expression = ReadPrimary();
        }

        expression = ReadPostfix(expression);
        expression = withFilter ? ReadFiltersAndTests(expression) : expression;
        _depth--;
        return expression;
    }

    private Expression ReadPrimary()
    {
        Token token = tokens.Current;
        switch (token.Kind)
        {
            case TokenKind.Name:
                tokens.Next();
                return NameOrConstant(token);
            case TokenKind.String:
                tokens.Next();
                string value = token.Text;
                while (tokens.Current.Kind == TokenKind.String)
                {
                    value += tokens.Next().Text;
                }

                return new Constant(token.Offset, new TrackedText(value, isTemplate: true));
            case TokenKind.Integer:
                tokens.Next();
                return new Constant(token.Offset, Integer(token));
            case TokenKind.Float:
                tokens.Next();
                return new Constant(token.Offset, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case TokenKind.Operator when token.Text == "(":
                tokens.Next();
                Enter();
                Expression inner = ReadTuple(isInParentheses: true);
                _depth--;
                tokens.Expect(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return ReadList();
            case TokenKind.Operator when token.Text == "{":
                return ReadDictionary();
            default:
                throw tokens.Unexpected("an expression");
        }
    }

    private Expression NameOrConstant(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new Constant(token.Offset, true);
            case "false" or "False":
                return new Constant(token.Offset, false);
            case "none" or "None":
                return new Constant(token.Offset, None.Instance);
            default:
                UsedNames.Add(token.Text);
                return new NameExpression(token.Offset, token.Text);
        }
    }

    private Int128 Integer(Token token)
    {
        ReadOnlySpan<char> digits = token.Text;
        bool valid;
        Int128 value;
        if (digits.Length > 1 && char.IsAsciiLetter(digits[1]))
        {
            valid = TryParse(digits[2..], char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'o' => 8, _ => 2 }, out value);
        }
        else
        {
            valid = Int128.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }

        return valid ? value : throw tokens.Fail(token.Offset, $"the integer {token.Text} is wrong or has more than 128 bits");
    }

    private static bool TryParse(ReadOnlySpan<char> digits, int radix, out Int128 value)
    {
        value = 0;
        foreach (char c in digits)
        {
            int digit = Convert.ToInt32(char.IsAsciiDigit(c) ? c - '0' : 10 + (c | 0x20) - 'a');
            if (digit >= radix || value > Int128.MaxValue / radix - 1)
            {
                return false;
            }

            value = (value * radix) + digit;
        }

        return digits.Length > 0;
    }

    private ListLiteral ReadList()
    {
        int offset = tokens.Next().Offset;
        List<Expression> items = [];
        while (!tokens.Current.Is("]"))
        {
            items.Add(Read());
            if (!tokens.Skip(","))
            {
                break;
            }
        }

        tokens.Expect("]");
        return new ListLiteral(offset, items, IsTuple: false);
    }

    private DictionaryLiteral ReadDictionary()
    {
        int offset = tokens.Next().Offset;
        List<(Expression, Expression)> items = [];
        while (!tokens.Current.Is("}"))
        {
            Expression key = Read();
            tokens.Expect(":");
            items.Add((key, Read()));
            if (!tokens.Skip(","))
            {
                break;
            }
        }

        tokens.Expect("}");
        return new DictionaryLiteral(offset, items);
    }

    private Expression ReadPostfix(Expression expression)
    {
        int links = 0;
        while (true)
        {
            CountLink(ref links);
            if (tokens.Current.Is("."))
            {
                expression = ReadMember(expression);
            }
            else if (tokens.Current.Is("["))
            {
                expression = ReadItem(expression);
            }
            else if (tokens.Current.Is("("))
            {
                expression = new CallExpression(tokens.Current.Offset, expression, ReadArguments());
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ReadMember(Expression target)
    {
        int offset = tokens.Next().Offset;
        Token member = tokens.Next();
        return member.Kind switch
        {
            TokenKind.Name => new MemberAccess(offset, target, member.Text),
            TokenKind.Integer => new ItemAccess(offset, target, new Constant(member.Offset, Integer(member))),
            _ => throw tokens.Fail(member.Offset, $"expected a name or number after '.', found {member}"),
        };
    }

    private ItemAccess ReadItem(Expression target)
    {
        int offset = tokens.Next().Offset;
        List<Expression> keys = [];
        while (!tokens.Current.Is("]"))
        {
            keys.Add(ReadKey());
            if (!tokens.Skip(","))
            {
                break;
            }
        }

        tokens.Expect("]");
        return new ItemAccess(offset, target, keys.Count == 1 ? keys[0] : new ListLiteral(offset, keys, IsTuple: true));
    }

    private Expression ReadKey()
    {
        int offset = tokens.Current.Offset;
        Expression? start = null;
        if (!tokens.Current.Is(":"))
        {
            start = Read();
            if (!tokens.Current.Is(":"))
            {
                return start;
            }
        }

        tokens.Next();
        Expression? stop = EndsKey() || tokens.Current.Is(":") ? null : Read();
        Expression? step = tokens.Skip(":") && !EndsKey() ? Read() : null;
        return new SliceKey(offset, start, stop, step);
    }

    private bool EndsKey() => tokens.Current.Is("]") || tokens.Current.Is(",");

    internal CallArguments ReadArguments()
    {
        tokens.Expect("(");
        List<Expression> positional = [];
        List<(string, Expression)> named = [];
        Expression? morePositional = null;
        Expression? moreNamed = null;
        while (!tokens.Current.Is(")"))
        {
            int offset = tokens.Current.Offset;
            if (tokens.Skip("**"))
            {
                moreNamed = moreNamed is null ? Read() : throw tokens.Fail(offset, "a call can have one '**' argument");
            }
            else if (tokens.Skip("*"))
            {
                morePositional = morePositional is null && moreNamed is null ? Read() : throw tokens.Fail(offset, "a call can have one '*' argument, before '**'");
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Following.Is("="))
            {
                string name = tokens.Next().Text;
                tokens.Next();
                named.Add(moreNamed is null ? (name, Read()) : throw tokens.Fail(offset, "nothing can follow a '**' argument"));
            }
            else
            {
                positional.Add(named.Count == 0 && morePositional is null && moreNamed is null
                    ? Read()
                    : throw tokens.Fail(offset, "a positional argument cannot follow a named one"));
            }

            if (!tokens.Skip(","))
            {
                break;
            }
        }

        tokens.Expect(")");
        return new CallArguments(positional, named, morePositional, moreNamed);
    }

    private Expression ReadFiltersAndTests(Expression expression)
    {
        int links = 0;
        while (true)
        {
            CountLink(ref links);
            if (tokens.Skip("|"))
            {
                expression = ReadFilter(expression);
            }
            else if (tokens.Current.IsName("is"))
            {
                expression = ReadTest(expression);
            }
            else if (tokens.Current.Is("("))
            {
                expression = new CallExpression(tokens.Current.Offset, expression, ReadArguments());
            }
            else
            {
                return expression;
            }
        }
    }

    private Expression ReadTest(Expression target)
    {
        int offset = tokens.Next().Offset;
        bool isNegated = tokens.SkipName("not");
        Token token = tokens.Expect(TokenKind.Name, "a test's name");
        string name = ReadDotted(token.Text);
        CallArguments arguments = CallArguments.None;
        Token next = tokens.Current;
        if (next.Is("("))
        {
            arguments = ReadArguments();
        }
        else if ((next.Kind is TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float || next.Is("[") || next.Is("{"))
            && !next.IsName("else") && !next.IsName("or") && !next.IsName("and"))
        {
            if (next.IsName("is"))
            {
                throw tokens.Fail(next.Offset, "tests cannot be chained with 'is'");
            }

            arguments = new CallArguments([ReadPostfix(ReadPrimary())], [], null, null);
        }

        if (!names.Tests.Contains(name) && !IsConditional)
        {
            throw tokens.Fail(token.Offset, $"there is no test '{name}'");
        }

        TestExpression test = new(offset, target, name, arguments);
        return isNegated ? new Unary(offset, "not", test) : test;
    }
}

/// <summary>The filters and tests that exist.</summary>
internal sealed record SyntaxNames(IReadOnlySet<string> Filters, IReadOnlySet<string> Tests);
