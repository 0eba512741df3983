namespace TinyGpt.Dialogue.Talks;

/// <summary>The speaker of a turn.</summary>
internal enum TurnKind
{
    /// <summary>The character heard it.</summary>
    Heard,

    /// <summary>The character said it.</summary>
    Said,
}

/// <summary>One line of a talk.</summary>
/// <param name="Kind">The speaker.</param>
/// <param name="Start">Its first token in the log.</param>
/// <param name="Length">Its tokens, those that frame the line included.</param>
/// <param name="TextStart">Where the line begins in the text of its tokens, in bytes.</param>
/// <param name="TextLength">Bytes of the line.</param>
/// <param name="Tick">The tick in which it was said to the end.</param>
internal readonly record struct LoggedTurn(TurnKind Kind, int Start, int Length, int TextStart, int TextLength, long Tick);

/// <summary>
/// The turns of one talk as tokens, the oldest forgotten when there is no room. Those from <see cref="WindowStart"/> on are still in the
/// prompt. Allocates when the first turn is added, and never again. Not thread-safe.
/// </summary>
/// <param name="capacity">The most tokens.</param>
internal sealed class TalkLog(int capacity)
{
    /// <summary>The most turns that are kept.</summary>
    public const int MaxTurns = 256;

    private int[] _ids = [];
    private LoggedTurn[] _turns = [];
    private int _count;
    private int _used;

    public int Capacity => capacity;

    public ReadOnlySpan<LoggedTurn> Turns => _turns.AsSpan(0, _count);

    /// <summary>The first turn that belongs to the prompt.</summary>
    public int WindowStart { get; private set; }

    /// <summary>Tokens of the turns in the prompt.</summary>
    public int WindowTokens => WindowIds.Length;

    /// <summary>The turns in the prompt, as tokens. Valid until the next change.</summary>
    public ReadOnlySpan<int> WindowIds => WindowStart == _count ? [] : _ids.AsSpan(_turns[WindowStart].Start.._used);

    public ReadOnlySpan<int> Ids(in LoggedTurn turn) => _ids.AsSpan(turn.Start, turn.Length);

    /// <summary>Adds a turn, whose tokens are put together of up to three parts.</summary>
    public void Add(
        TurnKind kind,
        ReadOnlySpan<int> frame,
        ReadOnlySpan<int> line,
        ReadOnlySpan<int> rest,
        int textStart,
        int textLength,
        long tick)
    {
        int length = frame.Length + line.Length + rest.Length;
        if (_ids.Length < capacity || _turns.Length < MaxTurns)
        {
            Grow();
        }

        MakeRoom(length);
        frame.CopyTo(_ids.AsSpan(_used));
        line.CopyTo(_ids.AsSpan(_used + frame.Length));
        rest.CopyTo(_ids.AsSpan(_used + frame.Length + line.Length));
        _turns[_count++] = new LoggedTurn(kind, _used, length, textStart, textLength, tick);
        _used += length;
    }

    /// <summary>Forgets the last turns.</summary>
    /// <param name="count">How many remain.</param>
    public void Truncate(int count)
    {
        if (count < _count)
        {
            _used = _turns[count].Start;
            _count = count;
            WindowStart = Math.Min(WindowStart, count);
        }
    }

    /// <summary>Takes older turns out of the prompt, so that the rest has no more tokens than this; the last turn always stays.</summary>
    public void ShrinkWindow(int maxTokens)
    {
        while (WindowStart < _count - 1 && WindowTokens > maxTokens)
        {
            WindowStart++;
        }
    }

    /// <summary>Becomes a log that was saved; this one must be empty. Takes no more memory than the turns need.</summary>
    /// <returns>Whether the turns are those of a log of this capacity.</returns>
    public bool TryRestore(LoggedTurn[] turns, int[] ids, int windowStart)
    {
        int at = 0;
        foreach (LoggedTurn turn in turns)
        {
            if (turn.Start != at || turn.Length < 1 || turn.Length > ids.Length - at || !Enum.IsDefined(turn.Kind))
            {
                return false;
            }

            at += turn.Length;
        }

        if (at != ids.Length || ids.Length > capacity || turns.Length > MaxTurns || windowStart < 0 || windowStart > turns.Length)
        {
            return false;
        }

        (_turns, _ids) = (turns, ids);
        _count = turns.Length;
        _used = ids.Length;
        WindowStart = windowStart;
        return true;
    }

    private void Grow()
    {
        Array.Resize(ref _ids, capacity);
        Array.Resize(ref _turns, MaxTurns);
    }

    private void MakeRoom(int length)
    {
        int dropped = 0;
        int freed = 0;
        while (_count - dropped == MaxTurns || _used - freed + length > _ids.Length)
        {
            freed += _turns[dropped].Length;
            dropped++;
        }

        if (dropped == 0)
        {
            return;
        }

        _ids.AsSpan(freed.._used).CopyTo(_ids);
        _used -= freed;
        _count -= dropped;
        for (int i = 0; i < _count; i++)
        {
            LoggedTurn turn = _turns[i + dropped];
            _turns[i] = turn with { Start = turn.Start - freed };
        }

        WindowStart = Math.Max(0, WindowStart - dropped);
    }
}
