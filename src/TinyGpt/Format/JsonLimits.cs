namespace TinyGpt.Format;

/// <summary>How much JSON is accepted, so that a tree of it takes no more memory than the file's size lets one expect.</summary>
/// <param name="Depth">Levels of objects and arrays.</param>
/// <param name="Tokens">Names, values, and starts and ends of objects and arrays.</param>
/// <param name="TextBytes">Bytes of one name, text or number as it is written.</param>
internal readonly record struct JsonLimits(int Depth, int Tokens, int TextBytes);
