using System.Buffers;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Answers;

/// <summary>Whose turn it is in a talk of two characters, and how many lines are left. Not thread-safe; allocates nothing.</summary>
internal sealed class ExchangeTurns
{
    private readonly AnswerContext _context;
    private int _posted;

    public ExchangeTurns(AnswerRun first, AnswerRun second, AnswerContext context)
    {
        (First, Second) = (first, second);
        _context = context;
        first.Join(this);
        second.Join(this);
    }

    public AnswerRun First { get; }

    public AnswerRun Second { get; }

    /// <summary>Whether each line waits until the one before was read.</summary>
    public bool IsHeard { get; set; } = true;

    /// <summary>Lines that are still to be said.</summary>
    public int LinesLeft { get; private set; }

    /// <summary>The character that answers once the previous line was read, or null.</summary>
    public AnswerRun? Next { get; private set; }

    /// <summary>Whether a line is to come or under way, or was asked for since the last tick.</summary>
    public bool IsRunning => _posted > 0 || LinesLeft > 0;

    /// <summary>The character that speaks, or the next one.</summary>
    public AnswerRun Speaker => First.IsBusy ? First : Second;

    /// <summary>A beginning was asked for.</summary>
    public void Post() => _posted++;

    /// <summary>The first character says the opening line, and the second is to answer it.</summary>
    public void Begin(ReadOnlySpan<int> heard, ReadOnlySpan<int> said, int textLength, int lines)
    {
        _posted--;
        LinesLeft = lines;
        First.Talk.AddSaid(said, [], _context.Prompts.LeadBytes, textLength, _context.Now);
        Second.Talk.AddHeard(heard, textLength, _context.Now);
        Second.Wait(AnswerRequest.Free);
    }

    /// <summary>Has the next one answer, if the line before was read or need not be.</summary>
    public void TakeTurn()
    {
        if (Next is { } next && (!IsHeard || !OtherSide(next).HasText))
        {
            Next = null;
            next.Wait(AnswerRequest.Free);
        }
    }

    /// <summary>Interrupts the speaker and ends the exchange.</summary>
    /// <param name="speaker">The speaker at the time of the request.</param>
    /// <param name="shownBytes">Bytes of that line that were shown.</param>
    public void Stop(AnswerRun speaker, int shownBytes)
    {
        End();
        speaker.Cut(shownBytes);
        AnswerRun other = OtherSide(speaker);
        if (other.IsBusy)
        {
            other.Cut(IsHeard ? other.ReadBytes : int.MaxValue); // whose turn began meanwhile
        }
    }

    /// <summary>Nobody speaks any more.</summary>
    public void End()
    {
        LinesLeft = 0;
        Next = null;
    }

    /// <summary>Has the other character hear the line that was just said, and answer it once the player has.</summary>
    public void PassOn(AnswerRun speaker, bool isEmpty)
    {
        LinesLeft = isEmpty ? 0 : Math.Max(0, LinesLeft - 1);
        if (isEmpty)
        {
            return;
        }

        TalkRecord listener = OtherSide(speaker).Talk;
        ReadOnlySpan<byte> text = speaker.Talk.TextOf(speaker.Talk.Log.Turns[^1], _context.Texts);
        OperationStatus status = _context.Prompts.HeardLine(listener.Heard, text, _context.LineIds, out int length, out int textLength);
        if (status != OperationStatus.Done || textLength == 0)
        {
            LinesLeft = 0;
            return;
        }

        listener.AddHeard(_context.LineIds.AsSpan(0, length), textLength, _context.Now);
        Next = LinesLeft > 0 ? OtherSide(speaker) : null;
    }

    /// <summary>Becomes the exchange that was saved; this one must be new, and its sides restored.</summary>
    /// <returns>Whether one of the two at most answers or is about to, a line that it has heard.</returns>
    public bool TryRestore(int linesLeft, AnswerRun? next)
    {
        bool isBusy = First.IsBusy || Second.IsBusy;
        if ((First.IsBusy && Second.IsBusy) || (next is not null && (isBusy || linesLeft == 0 || !next.Talk.EndsWithHeardLine)))
        {
            return false;
        }

        LinesLeft = isBusy || next is not null ? linesLeft : 0; // otherwise there is no side left to say them
        Next = next;
        return true;
    }

    private AnswerRun OtherSide(AnswerRun side) => side == First ? Second : First;
}
