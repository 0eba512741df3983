namespace TinyGpt;

/// <summary>The position of a text to encode. Some models put a space before a text's first word, so that it looks like any other.</summary>
public enum TextPosition
{
    /// <summary>At the start, or at a place that counts as the start for the model: after a special token.</summary>
    Start,

    /// <summary>After other text: nothing is inserted.</summary>
    Continuation,
}
