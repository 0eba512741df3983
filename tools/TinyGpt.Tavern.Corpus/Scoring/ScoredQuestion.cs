namespace TinyGpt.Tavern.Corpus;

/// <summary>A question within a short talk.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Card">The facts.</param>
/// <param name="Question">What is asked.</param>
/// <param name="PlayerName">The name that the player may have told.</param>
/// <param name="PlayerText">How it is asked.</param>
/// <param name="Prompt">Card, earlier turns and the question: what a model goes on from.</param>
/// <param name="Reference">An answer of the lines themselves.</param>
internal sealed record ScoredQuestion(
    QuestionKind Kind, Card Card, Question Question, string PlayerName, string PlayerText, string Prompt, string Reference);
