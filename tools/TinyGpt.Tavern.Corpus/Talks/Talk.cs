using System.Text;

namespace TinyGpt.Tavern.Corpus;

/// <summary>A part of a talk's text.</summary>
/// <param name="Text">The text.</param>
/// <param name="Train">Whether a model is to learn to write it; the rest is context.</param>
internal readonly record struct TalkSegment(string Text, bool Train);

/// <summary>A card and what was said.</summary>
/// <param name="Card">The facts.</param>
/// <param name="Turns">The exchanges.</param>
/// <param name="PlayerName">The name by which the player introduces themselves, if they do.</param>
internal sealed record Talk(Card Card, IReadOnlyList<TalkTurn> Turns, string PlayerName)
{
    /// <summary>The card and the blank line under it.</summary>
    public static string OpeningOf(Card card) => card.Text + "\n";

    /// <summary>The text between two answers: the player's line and the label of the answer.</summary>
    public static string PromptOf(Card card, string playerText) => $"Player: {playerText}\n{card.Name}:";

    /// <summary>An answer as a model writes it: from the space after the label to the line's end.</summary>
    public static string CompletionOf(string answerText) => $" {answerText}\n";

    /// <summary>The talk in parts, context and answers by turns.</summary>
    public IReadOnlyList<TalkSegment> Segments
    {
        get
        {
            List<TalkSegment> segments = [];
            string context = OpeningOf(Card);
            foreach (TalkTurn turn in Turns)
            {
                segments.Add(new TalkSegment(context + PromptOf(Card, turn.PlayerText), Train: false));
                segments.Add(new TalkSegment(CompletionOf(turn.AnswerText), Train: true));
                context = "";
            }

            return segments;
        }
    }

    /// <summary>
    /// The same parts, but only what an answer takes from the card or from the question is to be learned, and refusals in full: the
    /// wording of the other answers, most of their tokens, is context. A part to be learned begins with the space before it, where the
    /// tokenizer's words begin.
    /// </summary>
    public IReadOnlyList<TalkSegment> FactSegments
    {
        get
        {
            List<TalkSegment> segments = [];
            StringBuilder context = new(OpeningOf(Card));
            foreach (TalkTurn turn in Turns)
            {
                context.Append(PromptOf(Card, turn.PlayerText));
                string answer = CompletionOf(turn.AnswerText);
                int done = 0;
                foreach (Range fact in turn.Answer.Kind == LineKind.Refusal ? [new Range(0, answer.Length)] : turn.Facts)
                {
                    int end = Math.Min(fact.End.Value + 1, answer.Length); // the completion has a space before the answer
                    int start = Math.Max(done, answer.LastIndexOf(' ', Math.Min(fact.Start.Value, answer.Length - 1)));
                    context.Append(answer, done, start - done);
                    segments.Add(new TalkSegment(context.ToString(), Train: false));
                    segments.Add(new TalkSegment(answer[start..end], Train: true));
                    context.Clear();
                    done = end;
                }

                context.Append(answer, done, answer.Length - done);
            }

            segments.Add(new TalkSegment(context.ToString(), Train: false));
            return [.. segments.Where(segment => segment.Text.Length > 0)];
        }
    }

    /// <summary>The talk as one text.</summary>
    public string Text
    {
        get
        {
            StringBuilder text = new();
            foreach (TalkSegment segment in Segments)
            {
                text.Append(segment.Text);
            }

            return text.ToString();
        }
    }
}
