using TinyGpt.Chat.Jinja.Builtins;
using TinyGpt.Chat.Jinja.Evaluation;
using TinyGpt.Chat.Jinja.Syntax;

namespace TinyGpt.Chat;

/// <summary>
/// A chat template as models ship it: Jinja as the Python library <c>transformers</c> uses it. It reads no files, changes none of its
/// input, and stays within limits, so that a template from a stranger costs bounded time and memory. Immutable and thread-safe.
/// </summary>
public sealed class JinjaTemplate
{
    /// <summary>The longest source, in UTF-16 characters.</summary>
    public const int MaxSourceLength = 1 << 20;

    private static readonly SyntaxNames Names = new(Filters.Names, Tests.Names);

    private readonly TemplateSource _source;
    private readonly IReadOnlyList<Statement> _statements;
    private readonly TemplateLimits _limits;

    private JinjaTemplate(TemplateSource source, IReadOnlyList<Statement> statements, TemplateLimits limits)
    {
        _source = source;
        _statements = statements;
        _limits = limits;
    }

    /// <summary>Reads a template.</summary>
    /// <param name="source">The template's text, at most <see cref="MaxSourceLength"/> characters.</param>
    /// <param name="limits">What a rendering may use; null for <see cref="TemplateLimits.Default"/>.</param>
    /// <returns>The template.</returns>
    /// <exception cref="TemplateException">The text is no template, or too long.</exception>
    public static JinjaTemplate Parse(string source, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (source.Length > MaxSourceLength)
        {
            throw new TemplateException(TemplateErrorKind.Limit, $"the template is longer than {MaxSourceLength} characters");
        }

        TemplateSource text = new(source);
        return new JinjaTemplate(text, StatementParser.Read(text, Names), limits ?? TemplateLimits.Default);
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">The variables.</param>
    /// <param name="now">The time for <c>strftime_now</c>; null for the local time.</param>
    /// <returns>The text, which knows what of it the template wrote.</returns>
    /// <exception cref="TemplateException">The template refuses the input, fails on it, or needs too much.</exception>
    public RenderedPrompt Render(TemplateVariables variables, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        DateTimeOffset? fixedTime = now;
        Evaluator evaluator = new(_source, variables.Values, _limits, () => fixedTime ??= DateTimeOffset.Now);
        return new RenderedPrompt(evaluator.Render(_statements));
    }
}
