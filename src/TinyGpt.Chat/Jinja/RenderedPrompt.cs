using TinyGpt.Chat.Jinja.Values;

namespace TinyGpt.Chat;

/// <summary>A part of a prompt.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsTemplate">Whether the template wrote it, so that special tokens in it are special. What messages say is never special.</param>
public readonly record struct PromptSegment(string Text, bool IsTemplate);

/// <summary>What a template made. Immutable and thread-safe.</summary>
public sealed class RenderedPrompt
{
    internal RenderedPrompt(TrackedText text)
    {
        Text = text.Value;
        Segments = Cut(text);
    }

    /// <summary>The whole text.</summary>
    public string Text { get; }

    /// <summary>The text in parts that the template and the messages wrote by turns; none is empty.</summary>
    public IReadOnlyList<PromptSegment> Segments { get; }

    private static List<PromptSegment> Cut(TrackedText text)
    {
        List<PromptSegment> segments = [];
        int start = 0;
        bool isTemplate = text.StartsAsTemplate;
        foreach (int cut in text.Cuts)
        {
            segments.Add(new PromptSegment(text.Value[start..cut], isTemplate));
            (start, isTemplate) = (cut, !isTemplate);
        }

        if (start < text.Length)
        {
            segments.Add(new PromptSegment(text.Value[start..], isTemplate));
        }

        return segments;
    }
}
