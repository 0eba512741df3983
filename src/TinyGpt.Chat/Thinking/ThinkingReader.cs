using System.Text;

namespace TinyGpt.Chat;

/// <summary>A part of what a model writes.</summary>
/// <param name="Text">The text, not empty.</param>
/// <param name="IsReasoning">Whether it belongs to the thoughts before the answer.</param>
public readonly record struct AnswerPart(string Text, bool IsReasoning);

/// <summary>
/// Tells the thoughts from the answer while text arrives, wherever it is cut. White space around the thoughts is left out. Not thread-safe.
/// </summary>
/// <param name="marks">The marks around thoughts; null if the model has none.</param>
/// <param name="isOpen">Whether the prompt has begun the thoughts, so that the text begins within them.</param>
public sealed class ThinkingReader(ThinkingMarks? marks, bool isOpen = false)
{
    private readonly StringBuilder _held = new();
    private State _state = marks is null ? State.Answering : isOpen ? State.Thinking : State.Beginning;
    private bool _trims = true;

    private enum State
    {
        Beginning,
        Thinking,
        Answering,
    }

    /// <summary>Whether the text so far ends within thoughts.</summary>
    public bool IsThinking => _state == State.Thinking;

    /// <summary>Takes text, and gives what is certain of it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isLast">Whether no more comes, so that all is certain.</param>
    /// <returns>The parts, in order.</returns>
    public IReadOnlyList<AnswerPart> Read(string text, bool isLast = false)
    {
        _held.Append(text);
        List<AnswerPart> parts = [];
        while (Take(parts, isLast))
        {
        }

        return parts;
    }

    /// <summary>Ends the thoughts from outside, where a budget is used up: what follows is the answer.</summary>
    /// <returns>What was held back of the thoughts.</returns>
    public IReadOnlyList<AnswerPart> EndThinking()
    {
        List<AnswerPart> parts = [];
        if (_state != State.Answering)
        {
            Add(parts, _held.ToString().TrimEnd(), isReasoning: true);
            _held.Clear();
            (_state, _trims) = (State.Answering, true);
        }

        return parts;
    }

    private bool Take(List<AnswerPart> parts, bool isLast)
    {
        string held = _held.ToString();
        switch (_state)
        {
            case State.Beginning:
                string start = held.TrimStart();
                if (start.StartsWith(marks!.Start, StringComparison.Ordinal))
                {
                    Keep(start[marks.Start.Length..]);
                    (_state, _trims) = (State.Thinking, true);
                    return true;
                }

                if (!isLast && marks.Start.StartsWith(start, StringComparison.Ordinal))
                {
                    return false;
                }

                _state = State.Answering;
                _trims = false;
                return true;
            case State.Thinking:
                int end = held.IndexOf(marks!.End, StringComparison.Ordinal);
                if (end >= 0)
                {
                    Add(parts, held[..end].TrimEnd(), isReasoning: true);
                    Keep(held[(end + marks.End.Length)..]);
                    (_state, _trims) = (State.Answering, true);
                    return true;
                }

                int certain = isLast ? held.Length : Certain(held, marks.End);
                Add(parts, held[..certain], isReasoning: true);
                Keep(held[certain..]);
                return false;
            default:
                Add(parts, held, isReasoning: false);
                _held.Clear();
                return false;
        }
    }

    /// <summary>How much of a text is neither white space at its end nor may be the beginning of a mark.</summary>
    private static int Certain(string text, string mark)
    {
        int end = text.Length;
        for (int length = Math.Min(mark.Length - 1, text.Length); length > 0; length--)
        {
            if (mark.AsSpan().StartsWith(text.AsSpan(text.Length - length)))
            {
                end = text.Length - length;
                break;
            }
        }

        while (end > 0 && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        return end;
    }

    private void Keep(string text)
    {
        _held.Clear();
        _held.Append(text);
    }

    private void Add(List<AnswerPart> parts, string text, bool isReasoning)
    {
        text = _trims ? text.TrimStart() : text;
        if (text.Length > 0)
        {
            _trims = false;
            parts.Add(new AnswerPart(text, isReasoning));
        }
    }
}
