namespace TinyGpt.Chat.Jinja.Syntax;

internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A token of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Data, a name, a string's value, an operator, or a number's digits without underscores.</param>
/// <param name="Offset">Where it begins in the normalized source.</param>
internal readonly record struct Token(TokenKind Kind, string Text, int Offset)
{
    internal bool Is(string operation) => Kind == TokenKind.Operator && Text == operation;

    internal bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.Data => "text",
        TokenKind.String => "a string",
        _ => $"'{Text}'",
    };
}
