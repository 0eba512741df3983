namespace TinyGpt;

/// <summary>A token for a mark such as the end of a text. Ordinary text never becomes it.</summary>
/// <param name="Text">How the mark is written, <c>&lt;|endoftext|&gt;</c>; its UTF-8 form is the token's bytes.</param>
/// <param name="Id">The token's id.</param>
public readonly record struct SpecialToken(string Text, int Id);
