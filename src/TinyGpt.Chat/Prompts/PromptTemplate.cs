using System.Text;
using TinyGpt.Chat.Jinja.Values;
using TinyGpt.Chat.Prompts;
using TinyGpt.Text.Chat;

namespace TinyGpt.Chat;

/// <summary>
/// How a model was taught to talk: its own template, or that of its family where its file has none. Turns messages into ids, and tells what
/// ends an answer. Immutable and thread-safe.
/// </summary>
public sealed class PromptTemplate
{
    /// <summary>The name of the template that is used where there are tools, if the model has one of that name.</summary>
    public const string ToolUse = "tool_use";

    private readonly Dictionary<string, JinjaTemplate> _templates;
    private readonly ChatFormat _format;
    private readonly string? _beginToken;
    private readonly string? _endToken;
    private readonly IReadOnlyList<string> _textMarks;

    /// <summary>Makes the template of a model.</summary>
    /// <param name="model">A model with a tokenizer.</param>
    /// <param name="format">What its file says of its template, or another format in place of that.</param>
    /// <param name="limits">What a rendering may use; null for the defaults.</param>
    /// <exception cref="ArgumentException">The model has no tokenizer, or the format has neither a template nor a known family.</exception>
    /// <exception cref="TemplateException">A template cannot be read.</exception>
    public PromptTemplate(GptModel model, ChatFormat format, TemplateLimits? limits = null)
        : this(
            model?.Tokenizer ?? throw new ArgumentException("The model has no tokenizer, so there are no prompts.", nameof(model)),
            format,
            model.Config.EndOfTextToken,
            limits)
    {
    }

    /// <summary>Makes a template of a tokenizer, without a model.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="format">The format.</param>
    /// <param name="endOfText">The token that ends a text, or null for none.</param>
    /// <param name="limits">What a rendering may use; null for the defaults.</param>
    /// <exception cref="ArgumentException">The format has neither a template nor a known family.</exception>
    /// <exception cref="TemplateException">A template cannot be read.</exception>
    public PromptTemplate(Tokenizer tokenizer, ChatFormat format, int? endOfText, TemplateLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(format);
        Tokenizer = tokenizer;
        _format = format;
        _beginToken = format.BeginToken ?? TextOf(Tokenizer.BeginOfText);
        _endToken = format.EndToken ?? TextOf(endOfText);
        IReadOnlyList<NamedChatTemplate> sources = format.Templates.Count > 0 ? format.Templates
            : FamilyTemplates.Of(format.Family) is { } family ? [new NamedChatTemplate(NamedChatTemplate.Default, family)]
            : throw new ArgumentException("The model has no chat template, and it is of no family that is known.", nameof(format));
        _templates = sources.ToDictionary(source => source.Name, source => JinjaTemplate.Parse(source.Source, limits), StringComparer.Ordinal);
        Source = (sources.FirstOrDefault(source => source.Name == NamedChatTemplate.Default) ?? sources[0]).Source;
        Thinking = ThinkingMarks.Find(Source);
        ChatMarks? marks = ChatMarks.Of(format.Family, _beginToken ?? "", _endToken);
        _textMarks = marks is null ? [] : [.. marks.All.Where(mark => !Tokenizer.TryGetSpecialToken(mark, out _))];
        (int? token, string? text) = TurnEnd.Find(variables => Render(variables), CreateVariables(), Tokenizer);
        StopTokens = [.. new[] { token, endOfText }.OfType<int>().Where(id => id < Tokenizer.VocabularySize).Distinct()];
        StopStrings = text is null ? [] : [text];
    }

    /// <summary>The source of the template for talks without tools.</summary>
    public string Source { get; }

    /// <summary>The names of the model's templates.</summary>
    public IEnumerable<string> Names => _templates.Keys;

    /// <summary>The tokens that end an answer, for <see cref="SessionOptions.StopTokens"/>.</summary>
    public IReadOnlyList<int> StopTokens { get; }

    /// <summary>The texts that end an answer where the model has no token for it, for <see cref="SessionOptions.StopStrings"/>.</summary>
    public IReadOnlyList<string> StopStrings { get; }

    /// <summary>The marks around the model's thoughts; null if the template knows no thinking.</summary>
    public ThinkingMarks? Thinking { get; }

    /// <summary>The tokenizer that prompts are encoded with.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The template of a model.</summary>
    /// <param name="model">A model.</param>
    /// <returns>Its template; null if it has no tokenizer, or neither a template nor a known family.</returns>
    /// <exception cref="TemplateException">The model's template cannot be read.</exception>
    public static PromptTemplate? Find(GptModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Tokenizer is not null && model.Info.Chat is { } format && (format.Templates.Count > 0 || format.Family != ChatFamily.Unknown)
            ? new PromptTemplate(model, format)
            : null;
    }

    /// <summary>
    /// The variables that every prompt has: <c>bos_token</c>, <c>eos_token</c>, <c>add_generation_prompt</c>, and neither tools nor documents.
    /// </summary>
    /// <returns>Variables to add messages to.</returns>
    public TemplateVariables CreateVariables()
    {
        TemplateVariables variables = new();
        SetToken(variables, "bos_token", _beginToken);
        SetToken(variables, "eos_token", _endToken);
        if (_format.Templates.Count == 0)
        {
            SetToken(variables, "bos_token", _beginToken ?? "");
            SetToken(variables, "eos_token", _endToken ?? "");
            variables.Set("default_system", _format.DefaultSystem ?? "");
        }

        variables.Set("add_generation_prompt", true);
        variables.SetNone("tools");
        variables.SetNone("documents");
        return variables;
    }

    /// <summary>Renders a prompt.</summary>
    /// <param name="variables">The variables, of <see cref="CreateVariables"/>. With tools, the template <see cref="ToolUse"/> is used if there is one.</param>
    /// <param name="now">The time for templates that write the date; null for the local time.</param>
    /// <returns>The prompt.</returns>
    /// <exception cref="TemplateException">The template refuses the messages, fails on them, or needs too much.</exception>
    public RenderedPrompt Render(TemplateVariables variables, DateTimeOffset? now = null)
    {
        ArgumentNullException.ThrowIfNull(variables);
        bool hasTools = variables.Values.TryGetValue("tools", out object? tools) && Operations.IsTrue(tools);
        JinjaTemplate template = hasTools && _templates.TryGetValue(ToolUse, out JinjaTemplate? toolUse) ? toolUse
            : _templates.TryGetValue(NamedChatTemplate.Default, out JinjaTemplate? main) ? main
            : _templates.Values.First();
        return template.Render(variables, now);
    }

    /// <summary>
    /// Encodes a prompt. The token that the model wants before every text is there once, whether or not the template writes it. Special tokens
    /// come from the template alone; text marks of the template's family, such as <c>[INST]</c>, are broken by a space where a message has them.
    /// </summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>The ids.</returns>
    /// <exception cref="TokenizationException">The vocabulary has no token for one of the bytes.</exception>
    public int[] Encode(RenderedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return CreateEncoder().Encode(prompt);
    }

    internal PromptEncoder CreateEncoder() => new(Tokenizer, Quote);

    private static void SetToken(TemplateVariables variables, string name, string? token)
    {
        if (token is not null)
        {
            variables.Set(name, token, isTemplate: true);
        }
    }

    private string? TextOf(int? id) =>
        id is { } token && token < Tokenizer.VocabularySize ? Encoding.UTF8.GetString(Tokenizer.TokenBytes(token)) : null;

    private string Quote(string content)
    {
        foreach (string mark in _textMarks)
        {
            content = content.Replace(mark, $"{mark[0]} {mark.AsSpan(1)}", StringComparison.Ordinal);
        }

        return content;
    }
}
