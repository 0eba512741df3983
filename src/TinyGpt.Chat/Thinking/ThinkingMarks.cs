namespace TinyGpt.Chat;

/// <summary>The marks around a model's thoughts. Immutable and thread-safe.</summary>
/// <param name="Start">What begins them, <c>&lt;think&gt;</c>.</param>
/// <param name="End">What ends them, <c>&lt;/think&gt;</c>.</param>
public sealed record ThinkingMarks(string Start, string End)
{
    private static readonly ThinkingMarks[] Known =
    [
        new("<think>", "</think>"),
        new("[THINK]", "[/THINK]"),
        new("<|START_THINKING|>", "<|END_THINKING|>"),
        new("<seed:think>", "</seed:think>"),
        new("<thought>", "</thought>"),
        new("<thinking>", "</thinking>"),
    ];

    /// <summary>Whether a prompt ends within thoughts that the template has begun.</summary>
    /// <param name="prompt">The prompt.</param>
    public bool IsOpenAfter(RenderedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return prompt.Segments is [.., { IsTemplate: true, Text: var last }]
            && last.LastIndexOf(Start, StringComparison.Ordinal) > last.LastIndexOf(End, StringComparison.Ordinal);
    }

    /// <summary>The marks that a template has, or null.</summary>
    internal static ThinkingMarks? Find(string source) => Array.Find(
        Known, marks => source.Contains(marks.End, StringComparison.Ordinal));
}
