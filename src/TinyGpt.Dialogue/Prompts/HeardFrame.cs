namespace TinyGpt.Dialogue.Prompts;

/// <summary>The text around the lines that a character hears from one partner. Immutable.</summary>
/// <param name="Before">Bytes before a line.</param>
/// <param name="Behind">Bytes after it.</param>
/// <param name="Marks">What no line may contain.</param>
internal sealed record HeardFrame(byte[] Before, byte[] Behind, LayoutMarks Marks);
