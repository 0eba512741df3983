namespace TinyGpt.Constraints.Expressions;

/// <summary>
/// Takes the anchors out of an expression: the language of whole texts in which the expression is found somewhere, which is what
/// JSON Schema's <c>pattern</c> means.
/// </summary>
internal static class Anchors
{
    private const int MaxForms = 200;

    /// <summary>The texts in which the expression is found.</summary>
    /// <exception cref="ConstraintException">An anchor is repeated, or anchored branches have too many combinations.</exception>
    public static Expression Search(Expression expression, string pattern)
    {
        List<Expression> branches = [];
        foreach (Form form in Forms(expression, pattern))
        {
            branches.Add(Expression.Sequence(
                form.AtStart ? Expression.Empty : Expression.Anything,
                form.Body,
                form.AtEnd ? Expression.Empty : Expression.Anything));
        }

        return Expression.Choice(branches);
    }

    /// <summary>The texts that the expression matches from the start to the end.</summary>
    /// <exception cref="ConstraintException">See <see cref="Search"/>.</exception>
    public static Expression Whole(Expression expression, string pattern) => Expression.Choice([.. Forms(expression, pattern).Select(form => form.Body)]);

    /// <summary>A text without anchors, and whether it must begin where the text begins and end where the text ends.</summary>
    private readonly record struct Form(bool AtStart, Expression Body, bool AtEnd);

    private static List<Form> Forms(Expression expression, string pattern)
    {
        if (!expression.HasAnchors) return [new Form(false, expression, false)];
        switch (expression.Kind)
        {
            case ExpressionKind.Start: return [new Form(true, Expression.Empty, false)];
            case ExpressionKind.End: return [new Form(false, Expression.Empty, true)];
            case ExpressionKind.Choice: return [.. expression.Parts.SelectMany(part => Forms(part, pattern))];
            case ExpressionKind.Sequence: return Sequence(expression.Parts, pattern);
            default: return Repeat(expression, pattern);
        }
    }

    /// <summary>
    /// A repetition in which only the first one can be at the text's start and only the last one at its end: whatever comes before or after
    /// those is empty.
    /// </summary>
    private static List<Form> Repeat(Expression expression, string pattern)
    {
        List<Form> once = Forms(expression.Parts[0], pattern);
        if (expression.Max == 1)
        {
            if (expression.Min == 0) once.Add(new Form(false, Expression.Empty, false));
            return once;
        }

        // Where the body can be empty, any number of repetitions can be; then which anchors they meet would have to be followed.
        bool isNullable = once.Exists(form => form.Body.IsNullable);
        if (isNullable && expression.Min > 0 && once.Exists(form => form.AtStart && form.AtEnd))
        {
            throw new ConstraintException($"regular expression '{pattern}' is not supported: a repeated anchor");
        }

        Expression free = Expression.Choice([.. once.Where(form => !form.AtStart && !form.AtEnd).Select(form => form.Body)]);
        Expression first = Expression.Choice([.. once.Where(form => form.AtStart && !form.AtEnd).Select(form => form.Body)]);
        Expression last = Expression.Choice([.. once.Where(form => !form.AtStart && form.AtEnd).Select(form => form.Body)]);
        int min = isNullable ? 0 : expression.Min;
        int? max = expression.Max;
        List<Form> forms =
        [
            new(false, free.Repeated(min, max), false),
            new(true, Expression.Sequence(first, Less(free, min, max, 1)), false),
            new(false, Expression.Sequence(Less(free, min, max, 1), last), true),
            .. once.Where(form => form.AtStart && form.AtEnd && min <= 1),
        ];
        if (max is null or > 1) forms.Add(new(true, Expression.Sequence(first, Less(free, min, max, 2), last), true));
        if (expression.Min == 0) forms.Add(new(false, Expression.Empty, false));
        return [.. forms.Where(form => form.Body.Kind != ExpressionKind.Set || !form.Body.Set.IsEmpty)];
    }

    private static Expression Less(Expression body, int min, int? max, int by) => body.Repeated(Math.Max(min - by, 0), max - by);

    private static List<Form> Sequence(IReadOnlyList<Expression> parts, string pattern)
    {
        List<Form> left = [new Form(false, Expression.Empty, false)];
        for (int i = 0; i < parts.Count; i++)
        {
            int run = i;
            while (run < parts.Count && !parts[run].HasAnchors) run++;
            List<Form> right = run > i
                ? [new Form(false, Expression.Sequence([.. parts.Skip(i).Take(run - i)]), false)]
                : Forms(parts[i], pattern);
            if (run > i) i = run - 1;
            List<Form> joined = [];
            foreach (Form a in left)
            {
                foreach (Form b in right)
                {
                    if (Join(a, b) is { } form) joined.Add(form);
                }
            }

            if (joined.Count > MaxForms) throw new ConstraintException($"regular expression '{pattern}' is too large: anchored branches");
            left = joined;
        }

        return left;
    }

    private static Form? Join(Form a, Form b)
    {
        Expression first = a.Body, second = b.Body;
        if (b.AtStart)
        {
            if (!first.IsNullable) return null;
            first = Expression.Empty;
        }

        if (a.AtEnd)
        {
            if (!second.IsNullable) return null;
            second = Expression.Empty;
        }

        return new Form(a.AtStart || b.AtStart, Expression.Sequence(first, second), a.AtEnd || b.AtEnd);
    }
}
