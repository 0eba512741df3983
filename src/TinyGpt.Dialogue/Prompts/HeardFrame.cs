namespace TinyGpt.Dialogue.Prompts;

/// <summary>What stands around the lines that a character hears from one partner. Immutable.</summary>
/// <param name="Before">Bytes before a line.</param>
/// <param name="Behind">Bytes behind it.</param>
/// <param name="Marks">What no line may contain.</param>
internal sealed record HeardFrame(byte[] Before, byte[] Behind, LayoutMarks Marks);
