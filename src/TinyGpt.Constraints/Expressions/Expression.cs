using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Expressions;

/// <summary>What a node of an expression's syntax tree is.</summary>
internal enum ExpressionKind
{
    Empty,
    Set,
    Sequence,
    Choice,
    Repeat,
    Start,
    End,
}

/// <summary>A regular expression over code points as a syntax tree. Immutable.</summary>
internal sealed class Expression
{
    private Expression(ExpressionKind kind)
    {
        Kind = kind;
    }

    public static Expression Empty { get; } = new(ExpressionKind.Empty);

    /// <summary>The assertion that the text begins here.</summary>
    public static Expression Start { get; } = new(ExpressionKind.Start) { HasAnchors = true };

    /// <summary>The assertion that the text ends here.</summary>
    public static Expression End { get; } = new(ExpressionKind.End) { HasAnchors = true };

    public static Expression Nothing { get; } = Of(CodePointSet.None);

    /// <summary>Any text.</summary>
    public static Expression Anything { get; } = Of(CodePointSet.All).Repeated(0, null);

    public ExpressionKind Kind { get; }

    public CodePointSet Set { get; private init; } = CodePointSet.None;

    public IReadOnlyList<Expression> Parts { get; private init; } = [];

    public int Min { get; private init; }

    /// <summary>The most repetitions; null for any number.</summary>
    public int? Max { get; private init; }

    public bool HasAnchors { get; private init; }

    /// <summary>Whether the empty text matches, anchors taken as met.</summary>
    public bool IsNullable => Kind switch
    {
        ExpressionKind.Set => false,
        ExpressionKind.Sequence => Parts.All(part => part.IsNullable),
        ExpressionKind.Choice => Parts.Any(part => part.IsNullable),
        ExpressionKind.Repeat => Min == 0 || Parts[0].IsNullable,
        _ => true,
    };

    public static Expression Of(CodePointSet set) => new(ExpressionKind.Set) { Set = set };

    public static Expression Sequence(params IReadOnlyList<Expression> parts)
    {
        List<Expression> flat = [];
        foreach (Expression part in parts)
        {
            if (IsNothing(part)) return Nothing;
            if (part.Kind == ExpressionKind.Sequence) flat.AddRange(part.Parts);
            else if (part.Kind != ExpressionKind.Empty) flat.Add(part);
        }

        return flat.Count switch
        {
            0 => Empty,
            1 => flat[0],
            _ => new Expression(ExpressionKind.Sequence) { Parts = flat, HasAnchors = flat.Any(part => part.HasAnchors) },
        };
    }

    public static Expression Choice(params IReadOnlyList<Expression> parts)
    {
        List<Expression> flat = [];
        foreach (Expression part in parts)
        {
            if (part.Kind == ExpressionKind.Choice) flat.AddRange(part.Parts);
            else if (!IsNothing(part)) flat.Add(part);
        }

        return flat.Count switch
        {
            0 => Nothing,
            1 => flat[0],
            _ => new Expression(ExpressionKind.Choice) { Parts = flat, HasAnchors = flat.Any(part => part.HasAnchors) },
        };
    }

    public Expression Repeated(int min, int? max)
    {
        if (max == 0 || Kind == ExpressionKind.Empty) return Empty;
        if (min == 1 && max == 1) return this;
        if (IsNothing(this)) return min == 0 ? Empty : Nothing;
        return new Expression(ExpressionKind.Repeat) { Parts = [this], Min = min, Max = max, HasAnchors = HasAnchors };
    }

    private static bool IsNothing(Expression expression) => expression.Kind == ExpressionKind.Set && expression.Set.IsEmpty;
}
