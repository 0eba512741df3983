using System.Text;

namespace TinyGpt.Constraints.Expressions;

/// <summary>
/// Says whether a whole text is in an expression's language: sets of positions, so that the time is bounded by the expression's
/// size times the square of the text's length. Used for names and values that a schema lists.
/// </summary>
internal static class ExpressionMatcher
{
    /// <summary>Whether the expression, which has no anchors, matches the whole text.</summary>
    public static bool Matches(Expression expression, string text)
    {
        List<int> codePoints = [];
        foreach (Rune rune in text.EnumerateRunes()) codePoints.Add(rune.Value);
        bool[] from = new bool[codePoints.Count + 1];
        from[0] = true;
        return Advance(expression, codePoints, from)[codePoints.Count];
    }

    private static bool[] Advance(Expression expression, List<int> text, bool[] from)
    {
        switch (expression.Kind)
        {
            case ExpressionKind.Set:
                {
                    bool[] to = new bool[from.Length];
                    for (int i = 0; i < text.Count; i++) to[i + 1] = from[i] && expression.Set.Contains(text[i]);
                    return to;
                }

            case ExpressionKind.Sequence:
                {
                    foreach (Expression part in expression.Parts)
                    {
                        from = Advance(part, text, from);
                        if (Array.IndexOf(from, true) < 0) break;
                    }

                    return from;
                }

            case ExpressionKind.Choice:
                {
                    bool[] to = new bool[from.Length];
                    foreach (Expression part in expression.Parts) Add(to, Advance(part, text, from));
                    return to;
                }

            case ExpressionKind.Repeat: return Repeat(expression, text, from);
            default: return from;
        }
    }

    private static bool[] Repeat(Expression expression, List<int> text, bool[] from)
    {
        Expression body = expression.Parts[0];
        // Beyond the text's length every further repetition can only match the empty text.
        int min = Math.Min(expression.Min, text.Count + 1);
        int max = Math.Min(expression.Max ?? int.MaxValue, text.Count + 1);
        bool[] current = from;
        for (int i = 0; i < min; i++)
        {
            bool[] next = Advance(body, text, current);
            if (Array.IndexOf(next, true) < 0) return next;
            current = next;
        }

        bool[] all = (bool[])current.Clone();
        for (int i = min; i < max; i++)
        {
            current = Advance(body, text, current);
            if (!Add(all, current)) break;
        }

        return all;
    }

    private static bool Add(bool[] to, bool[] from)
    {
        bool changed = false;
        for (int i = 0; i < to.Length; i++)
        {
            changed |= from[i] && !to[i];
            to[i] |= from[i];
        }

        return changed;
    }
}
