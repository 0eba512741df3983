namespace TinyGpt.Tavern.Corpus;

/// <summary>One exchange: the player says something and is answered.</summary>
/// <param name="Question">What was asked.</param>
/// <param name="PlayerText">The player's words, perhaps with a slip of the pen.</param>
/// <param name="AnswerText">The answer's words.</param>
/// <param name="Answer">The line that the answer was made from.</param>
/// <param name="Facts">The places of the slots' values in the answer, in order.</param>
/// <param name="IsGranted">Whether the card had what was asked for.</param>
internal sealed record TalkTurn(Question Question, string PlayerText, string AnswerText, LineVariant Answer, IReadOnlyList<Range> Facts, bool IsGranted);
