namespace TinyGpt;

/// <summary>Where a text stands that is to be encoded. Some models put a space before a text's first word, so that it looks like any other.</summary>
public enum TextPosition
{
    /// <summary>At the beginning, or where the model sees it as one: behind a special token.</summary>
    Start,

    /// <summary>Behind other text: nothing is put between.</summary>
    Continuation,
}
