namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>An expression.</summary>
/// <param name="Offset">Its offset in the source.</param>
internal abstract record Expression(int Offset);

internal sealed record Constant(int Offset, object Value) : Expression(Offset);

internal sealed record NameExpression(int Offset, string Text) : Expression(Offset);

internal sealed record ListLiteral(int Offset, IReadOnlyList<Expression> Items, bool IsTuple) : Expression(Offset);

internal sealed record DictionaryLiteral(int Offset, IReadOnlyList<(Expression Key, Expression Value)> Items) : Expression(Offset);

internal sealed record Unary(int Offset, string Operator, Expression Operand) : Expression(Offset);

internal sealed record Binary(int Offset, string Operator, Expression Left, Expression Right) : Expression(Offset);

internal sealed record Concatenation(int Offset, IReadOnlyList<Expression> Parts) : Expression(Offset);

internal sealed record Comparison(int Offset, Expression First, IReadOnlyList<(string Operator, Expression Operand)> Rest) : Expression(Offset);

internal sealed record Conditional(int Offset, Expression Test, Expression Then, Expression? Else) : Expression(Offset);

internal sealed record MemberAccess(int Offset, Expression Target, string Member) : Expression(Offset);

internal sealed record ItemAccess(int Offset, Expression Target, Expression Key) : Expression(Offset);

internal sealed record SliceKey(int Offset, Expression? Start, Expression? Stop, Expression? Step) : Expression(Offset);

internal sealed record CallExpression(int Offset, Expression Target, CallArguments Arguments) : Expression(Offset);

/// <summary>A filter; the target is null where it is the text of a block.</summary>
internal sealed record FilterExpression(int Offset, Expression? Target, string Name, CallArguments Arguments) : Expression(Offset);

internal sealed record TestExpression(int Offset, Expression Target, string Name, CallArguments Arguments) : Expression(Offset);

/// <summary>The arguments of a call as they are written.</summary>
internal sealed record CallArguments(
    IReadOnlyList<Expression> Positional,
    IReadOnlyList<(string Name, Expression Value)> Named,
    Expression? MorePositional,
    Expression? MoreNamed)
{
    internal static readonly CallArguments None = new([], [], null, null);
}
