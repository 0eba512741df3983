namespace TinyGpt.Chat.Jinja.Syntax;

/// <summary>A statement.</summary>
/// <param name="Offset">Its offset in the source.</param>
internal abstract record Statement(int Offset);

internal sealed record TextStatement(int Offset, string Value) : Statement(Offset);

internal sealed record OutputStatement(int Offset, Expression Value) : Statement(Offset);

internal sealed record If(int Offset, IReadOnlyList<(Expression Test, IReadOnlyList<Statement> Body)> Branches, IReadOnlyList<Statement> Else)
    : Statement(Offset);

internal sealed record For(
    int Offset, Expression Target, Expression Source, Expression? Test, bool IsRecursive, IReadOnlyList<Statement> Body, IReadOnlyList<Statement> Else)
    : Statement(Offset);

/// <summary>An assignment to a name, a tuple of names or a member of a namespace.</summary>
internal sealed record Assign(int Offset, Expression Target, Expression Value) : Statement(Offset);

/// <summary>An assignment of what a block writes, through a filter where there is one.</summary>
internal sealed record AssignBlock(int Offset, Expression Target, FilterExpression? Filter, IReadOnlyList<Statement> Body) : Statement(Offset);

internal sealed record With(int Offset, IReadOnlyList<(Expression Target, Expression Value)> Assignments, IReadOnlyList<Statement> Body)
    : Statement(Offset);

internal sealed record MacroStatement(int Offset, MacroDefinition Macro) : Statement(Offset);

internal sealed record CallBlock(int Offset, CallExpression Call, MacroDefinition Caller) : Statement(Offset);

internal sealed record FilterBlock(int Offset, FilterExpression Filter, IReadOnlyList<Statement> Body) : Statement(Offset);

/// <summary>Statements with a separate scope of names: a block, or what the model has generated.</summary>
internal sealed record Scoped(int Offset, IReadOnlyList<Statement> Body) : Statement(Offset);

internal sealed record Break(int Offset) : Statement(Offset);

internal sealed record Continue(int Offset) : Statement(Offset);

/// <summary>A macro.</summary>
internal sealed class MacroDefinition(string name, IReadOnlyList<(string Name, Expression? Default)> parameters, IReadOnlyList<Statement> body)
{
    internal string Name { get; } = name;

    internal IReadOnlyList<(string Name, Expression? Default)> Parameters { get; } = parameters;

    internal IReadOnlyList<Statement> Body { get; } = body;

    /// <summary>Which of <c>caller</c>, <c>varargs</c> and <c>kwargs</c> the body uses.</summary>
    internal required IReadOnlySet<string> Uses { get; init; }
}
