namespace TinyGpt.Tavern.Corpus;

/// <summary>Goes on from prompts.</summary>
/// <param name="prompts">Each ends with the label of the answer.</param>
/// <returns>The answers in the prompts' order, without the space before and the line end after.</returns>
internal delegate IReadOnlyList<string> Speaker(IReadOnlyList<string> prompts);
