using TinyGpt.Constraints.Languages;

namespace TinyGpt.Constraints.Expressions;

/// <summary>Expressions without anchors as languages over UTF-8.</summary>
internal sealed class ExpressionLanguages(RegexTable regex)
{
    private readonly Dictionary<CodePointSet, RegexNode> _sets = [];

    public RegexNode Of(Expression expression)
    {
        RuntimeLimits.CheckStack();
        return expression.Kind switch
        {
            ExpressionKind.Set => Of(expression.Set),
            ExpressionKind.Sequence => regex.Concat([.. expression.Parts.Select(Of)]),
            ExpressionKind.Choice => regex.Union([.. expression.Parts.Select(Of)]),
            ExpressionKind.Repeat => regex.Repeat(Of(expression.Parts[0]), expression.Min, expression.Max ?? RegexTable.Unbounded),
            _ => RegexNode.Empty,
        };
    }

    private RegexNode Of(CodePointSet set)
    {
        if (!_sets.TryGetValue(set, out RegexNode node))
        {
            node = regex.CodePoints(set);
            _sets.Add(set, node);
        }

        return node;
    }
}
