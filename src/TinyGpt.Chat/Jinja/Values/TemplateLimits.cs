namespace TinyGpt.Chat;

/// <summary>
/// How much a template may use. Templates come from strangers: each limit ends one with a <see cref="TemplateException"/> of the kind
/// <see cref="TemplateErrorKind.Limit"/>. Immutable and thread-safe.
/// </summary>
public sealed record TemplateLimits
{
    /// <summary>The limits where nothing else is said.</summary>
    public static TemplateLimits Default { get; } = new();

    /// <summary>The most steps: one for each expression, statement and element, and one for each 64 characters that are made or searched. 10 million by default, about a second.</summary>
    public long MaxSteps { get; init; } = 10_000_000;

    /// <summary>The most characters of all texts that are made, those that are thrown away included; 32 million by default.</summary>
    public long MaxTextLength { get; init; } = 32_000_000;

    /// <summary>The most characters of the result; 8 million by default.</summary>
    public int MaxOutputLength { get; init; } = 8_000_000;

    /// <summary>How deep expressions, statements and calls of macros may be within each other; 900 by default.</summary>
    public int MaxDepth { get; init; } = 900;
}
