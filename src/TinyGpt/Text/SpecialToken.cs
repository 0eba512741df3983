namespace TinyGpt;

/// <summary>A token that stands for a mark such as the end of a text, and that ordinary text never becomes.</summary>
/// <param name="Text">How the mark is written, <c>&lt;|endoftext|&gt;</c>; its UTF-8 form is the token's bytes.</param>
/// <param name="Id">The token's id.</param>
public readonly record struct SpecialToken(string Text, int Id);
