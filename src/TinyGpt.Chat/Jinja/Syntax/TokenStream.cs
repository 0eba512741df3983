namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>The tokens of a template, read one after the other.</summary>
internal sealed class TokenStream(TemplateSource source, List<Token> tokens)
{
    private int _index;

    internal Token Current => tokens[_index];

    internal Token Following => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    internal Token Next()
    {
        Token token = tokens[_index];
        _index = Math.Min(_index + 1, tokens.Count - 1);
        return token;
    }

    internal bool Skip(string operation)
    {
        bool found = Current.Is(operation);
        if (found)
        {
            Next();
        }

        return found;
    }

    internal bool SkipName(string name)
    {
        bool found = Current.IsName(name);
        if (found)
        {
            Next();
        }

        return found;
    }

    internal void Expect(string operation)
    {
        if (!Skip(operation))
        {
            throw Unexpected($"'{operation}'");
        }
    }

    internal Token Expect(TokenKind kind, string what) => Current.Kind == kind ? Next() : throw Unexpected(what);

    internal TemplateException Unexpected(string expected) => Fail(Current.Offset, $"expected {expected}, found {Current}");

    internal TemplateException Fail(int offset, string problem) => source.Fail(offset, problem);
}
