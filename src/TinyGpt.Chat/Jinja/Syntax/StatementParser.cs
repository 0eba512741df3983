namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>Reads a template as statements.</summary>
internal sealed class StatementParser
{
    private const int MaxDepth = 100;

    private static readonly string[] OtherTemplates = ["extends", "include", "import", "from"];

    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private int _depth;
    private int _loops;

    private StatementParser(TokenStream tokens, SyntaxNames names)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens, names);
    }

    internal static IReadOnlyList<Statement> Read(TemplateSource source, SyntaxNames names)
    {
        TokenStream tokens = new(source, Lexer.Read(source));
        return new StatementParser(tokens, names).ReadBody([]);
    }

    /// <summary>Reads statements up to a tag with one of the names, which is left to be read; up to the end where there are no names.</summary>
    private List<Statement> ReadBody(ReadOnlySpan<string> endNames)
    {
        if (++_depth > MaxDepth)
        {
            throw _tokens.Fail(_tokens.Current.Offset, $"statements are nested deeper than {MaxDepth} levels");
        }

        List<Statement> body = [];
        while (true)
        {
            Token token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    _tokens.Next();
                    body.Add(new TextStatement(token.Offset, token.Text));
                    break;
                case TokenKind.VariableBegin:
                    _tokens.Next();
                    body.Add(new OutputStatement(token.Offset, _expressions.ReadTuple()));
                    _tokens.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    _tokens.Next();
                    Token name = _tokens.Current;
                    if (name.Kind == TokenKind.Name && endNames.Contains(name.Text))
                    {
                        _depth--;
                        return body;
                    }

                    body.Add(ReadStatement(endNames));
                    break;
                default:
                    if (!endNames.IsEmpty)
                    {
                        throw _tokens.Unexpected($"a tag '{string.Join("' or '", endNames.ToArray())}'");
                    }

                    _depth--;
                    return body;
            }
        }
    }

    private Statement ReadStatement(ReadOnlySpan<string> endNames)
    {
        Token token = _tokens.Expect(TokenKind.Name, "a statement's name");
        switch (token.Text)
        {
            case "if":
                return ReadIf(token.Offset);
            case "for":
                return ReadFor(token.Offset);
            case "set":
                return ReadSet(token.Offset);
            case "macro":
                return ReadMacro(token.Offset);
            case "call":
                return ReadCall(token.Offset);
            case "filter":
                return ReadFilter(token.Offset);
            case "with":
                return ReadWith(token.Offset);
            case "block":
                return ReadBlock(token.Offset);
            case "generation":
                EndTag();
                return new Scoped(token.Offset, ReadScope("endgeneration"));
            case "autoescape":
                _expressions.Read();
                EndTag();
                return new Scoped(token.Offset, ReadScope("endautoescape"));
            case "print":
                OutputStatement output = new(token.Offset, _expressions.ReadTuple());
                EndTag();
                return output;
            case "break" or "continue":
                if (_loops == 0)
                {
                    throw _tokens.Fail(token.Offset, $"'{token.Text}' is not in a loop");
                }

                EndTag();
                return token.Text == "break" ? new Break(token.Offset) : new Continue(token.Offset);
            default:
                throw _tokens.Fail(
                    token.Offset,
                    OtherTemplates.Contains(token.Text) ? $"'{token.Text}' needs other templates, and there are none"
                        : endNames.IsEmpty ? $"there is no statement '{token.Text}'"
                        : $"there is no statement '{token.Text}'; expected '{string.Join("' or '", endNames.ToArray())}'");
        }
    }

    private void EndTag() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");

    private List<Statement> ReadScope(string endName)
    {
        bool conditional = _expressions.IsConditional;
        int loops = _loops;
        _expressions.IsConditional = false;
        _loops = 0;
        List<Statement> body = ReadBody([endName]);
        _tokens.Next();
        EndTag();
        _expressions.IsConditional = conditional;
        _loops = loops;
        return body;
    }

    private If ReadIf(int offset)
    {
        bool conditional = _expressions.IsConditional;
        _expressions.IsConditional = true;
        List<(Expression, IReadOnlyList<Statement>)> branches = [];
        IReadOnlyList<Statement> otherwise = [];
        while (true)
        {
            Expression test = _expressions.ReadTuple(withConditional: false);
            EndTag();
            branches.Add((test, ReadBody(["elif", "else", "endif"])));
            string name = _tokens.Next().Text;
            if (name == "elif")
            {
                continue;
            }

            EndTag();
            if (name == "else")
            {
                otherwise = ReadBody(["endif"]);
                _tokens.Next();
                EndTag();
            }

            _expressions.IsConditional = conditional;
            return new If(offset, branches, otherwise);
        }
    }

    private For ReadFor(int offset)
    {
        Expression target = _expressions.ReadTarget(withNamespace: false, "in");
        if (!_tokens.SkipName("in"))
        {
            throw _tokens.Unexpected("'in'");
        }

        Expression source = _expressions.ReadTuple(withConditional: false, endName: "recursive");
        Expression? test = _tokens.SkipName("if") ? _expressions.Read() : null;
        bool isRecursive = _tokens.SkipName("recursive");
        EndTag();
        bool conditional = _expressions.IsConditional;
        _expressions.IsConditional = false;
        _loops++;
        List<Statement> body = ReadBody(["endfor", "else"]);
        _loops--;
        List<Statement> otherwise = [];
        if (_tokens.Next().Text == "else")
        {
            EndTag();
            otherwise = ReadBody(["endfor"]);
            _tokens.Next();
        }

        EndTag();
        _expressions.IsConditional = conditional;
        return new For(offset, target, source, test, isRecursive, body, otherwise);
    }

    private Statement ReadSet(int offset)
    {
        Expression target = _expressions.ReadTarget(withNamespace: true);
        if (_tokens.Skip("="))
        {
            Expression value = _expressions.ReadTuple();
            EndTag();
            return new Assign(offset, target, value);
        }

        FilterExpression? filter = ReadFilters();
        EndTag();
        return new AssignBlock(offset, target, filter, ReadScope("endset"));
    }

    /// <summary>Reads filters of a block, the first of which has no target.</summary>
    private FilterExpression? ReadFilters()
    {
        FilterExpression? filter = null;
        while (_tokens.Skip("|"))
        {
            filter = _expressions.ReadFilter(filter);
        }

        return filter;
    }

    private MacroStatement ReadMacro(int offset)
    {
        string name = _tokens.Expect(TokenKind.Name, "a macro's name").Text;
        return new MacroStatement(offset, ReadMacro(name, ReadParameters(), "endmacro"));
    }

    private MacroDefinition ReadMacro(string name, List<(string, Expression?)> parameters, string endName)
    {
        EndTag();
        HashSet<string> outer = _expressions.UsedNames;
        _expressions.UsedNames = [];
        List<Statement> body = ReadScope(endName);
        HashSet<string> used = _expressions.UsedNames;
        outer.UnionWith(used);
        _expressions.UsedNames = outer;
        used.IntersectWith(["caller", "varargs", "kwargs"]);
        return new MacroDefinition(name, parameters, body) { Uses = used };
    }

    private List<(string, Expression?)> ReadParameters()
    {
        List<(string, Expression?)> parameters = [];
        _tokens.Expect("(");
        while (!_tokens.Current.Is(")"))
        {
            Token name = _tokens.Expect(TokenKind.Name, "a parameter's name");
            Expression? value = _tokens.Skip("=") ? _expressions.Read() : null;
            if (value is null && parameters is [.., (_, not null)])
            {
                throw _tokens.Fail(name.Offset, $"the parameter '{name.Text}' needs a default, because the one before it has one");
            }

            parameters.Add((name.Text, value));
            if (!_tokens.Skip(","))
            {
                break;
            }
        }

        _tokens.Expect(")");
        return parameters;
    }

    private CallBlock ReadCall(int offset)
    {
        List<(string, Expression?)> parameters = _tokens.Current.Is("(") ? ReadParameters() : [];
        Expression call = _expressions.Read();
        return call is CallExpression target
            ? new CallBlock(offset, target, ReadMacro("caller", parameters, "endcall"))
            : throw _tokens.Fail(offset, "'call' needs a call");
    }

    private FilterBlock ReadFilter(int offset)
    {
        FilterExpression filter = _expressions.ReadFilter(null);
        while (_tokens.Skip("|"))
        {
            filter = _expressions.ReadFilter(filter);
        }

        EndTag();
        return new FilterBlock(offset, filter, ReadScope("endfilter"));
    }

    private With ReadWith(int offset)
    {
        List<(Expression, Expression)> assignments = [];
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            Expression target = _expressions.ReadTarget(withNamespace: false);
            _tokens.Expect("=");
            assignments.Add((target, _expressions.Read()));
            if (!_tokens.Skip(","))
            {
                break;
            }
        }

        EndTag();
        bool conditional = _expressions.IsConditional;
        _expressions.IsConditional = false;
        List<Statement> body = ReadBody(["endwith"]);
        _tokens.Next();
        EndTag();
        _expressions.IsConditional = conditional;
        return new With(offset, assignments, body);
    }

    private Scoped ReadBlock(int offset)
    {
        _tokens.Expect(TokenKind.Name, "a block's name");
        while (_tokens.SkipName("scoped") || _tokens.SkipName("required"))
        {
        }

        EndTag();
        bool conditional = _expressions.IsConditional;
        int loops = _loops;
        _expressions.IsConditional = false;
        _loops = 0;
        List<Statement> body = ReadBody(["endblock"]);
        _tokens.Next();
        if (_tokens.Current.Kind == TokenKind.Name)
        {
            _tokens.Next();
        }

        EndTag();
        _expressions.IsConditional = conditional;
        _loops = loops;
        return new Scoped(offset, body);
    }
}
