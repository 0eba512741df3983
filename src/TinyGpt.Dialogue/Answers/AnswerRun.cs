using TinyGpt.Dialogue.Actions;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue.Answers;

/// <summary>
/// The answers of one talk, one at a time, as a state machine: idle, waiting, answering, suspended, and idle again. Owns the request, the engine's
/// session, the pages that are reserved for it, and the count of bytes that were produced, skipped and read. Not thread-safe; allocates nothing.
/// </summary>
internal sealed class AnswerRun(TalkRecord talk, AnswerContext context)
{
    /// <summary>The capacity for unread text, in bytes. A character waits while it is full.</summary>
    public const int OutputCapacity = 4096;

    private readonly Utf8Buffer _output = new(OutputCapacity);
    private int _posted;
    private bool _isActing; // the words of the answer are over: the rest is its action

    /// <summary>What the answers belong to.</summary>
    public TalkRecord Talk => talk;

    /// <summary>The exchange that the talk is one side of, or null.</summary>
    public ExchangeTurns? Exchange { get; private set; }

    /// <summary>What the run is doing as of the last tick.</summary>
    public TalkState State { get; private set; }

    /// <summary>How the last answer ended as of the last tick.</summary>
    public TalkEnd End { get; private set; }

    /// <summary>Whether lines were said since the last tick.</summary>
    public bool IsPosted => _posted > 0;

    /// <summary>Whether there is an answer to give: the run waits, answers or is suspended.</summary>
    public bool IsBusy => State != TalkState.Idle;

    /// <summary>The answer that is waited for or under way; of the last one only whether it was an aside.</summary>
    public AnswerRequest Request { get; private set; }

    /// <summary>The engine's session while the run has one.</summary>
    public GptSession? Session { get; private set; }

    /// <summary>The number of answers requested so far; each has a different seed.</summary>
    public int Answers { get; private set; }

    /// <summary>The tick in which the answer was asked for, or the last one ended.</summary>
    public long Since { get; private set; }

    /// <summary>Whether the answer gave its pages to another once.</summary>
    public bool WasSuspended { get; private set; }

    /// <summary>Tokens before the answer under way.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>The maximum number of arena pages of the answer under way; 0 if there is none.</summary>
    public int ReservedPages { get; private set; }

    /// <summary>Bytes of the answer that came from the session, those not shown included.</summary>
    public int ProducedBytes { get; private set; }

    /// <summary>Bytes at the answer's beginning that are not shown.</summary>
    public int SkippedBytes { get; private set; }

    /// <summary>Bytes of the answer that were read.</summary>
    public int ReadBytes { get; private set; }

    /// <summary>Whether something was asked for that ends the answer in the next tick, so that no more of it may be shown.</summary>
    public bool IsMuted { get; private set; }

    /// <summary>The round of scheduling in which the run was tried last.</summary>
    public long TriedIn { get; private set; }

    /// <summary>Bytes of the answer that can be shown so far.</summary>
    public int ShowableBytes => ProducedBytes - SkippedBytes;

    public bool HasText => _output.Pending > 0;

    /// <summary>The most tokens of the answer that was asked for.</summary>
    public int MaxAnswerTokens => Request.MaxTokens(talk.Card.Persona);

    /// <summary>The actions that the game has not taken yet, or null if there were never any.</summary>
    public UnreadCalls? Calls { get; private set; }

    /// <summary>Whether the session could be given to another: nothing is being computed of it that is still wanted.</summary>
    public bool IsEvictable => Session is not null && State is TalkState.Idle or TalkState.Waiting;

    /// <summary>The seed of the answer.</summary>
    private ulong Seed => SeedSequence.Derive(talk.Seed, (ulong)Answers);

    /// <summary>Becomes a side of an exchange.</summary>
    public void Join(ExchangeTurns exchange) => Exchange = exchange;

    /// <summary>A call of the game will end what is under way: whatever has not been read by now is never shown.</summary>
    /// <param name="isLine">Whether it is a line to answer.</param>
    public void Post(bool isLine)
    {
        IsMuted = true;
        _output.Clear();
        _posted += isLine ? 1 : 0;
    }

    /// <summary>Makes room for actions, so that ticks need none. Allocates the first time.</summary>
    public void MakeRoomForCalls() => Calls ??= new UnreadCalls();

    /// <summary>Copies text that was not read yet: whole characters.</summary>
    public bool TryRead(Span<byte> destination, out int written)
    {
        bool any = _output.TryRead(destination, out written);
        ReadBytes += written;
        return any;
    }

    /// <summary>Has the character hear a line that was posted, and answer it; what it was saying ends with what was shown.</summary>
    public void Hear(ReadOnlySpan<int> ids, int textLength, int shownBytes, in AnswerRequest request)
    {
        _posted--;
        Cut(shownBytes);
        talk.AddHeard(ids, textLength, context.Now);
        Wait(request);
    }

    /// <summary>Idle to waiting: the last turn of the talk is to be answered.</summary>
    public void Wait(in AnswerRequest request)
    {
        BeginText();
        Request = request;
        State = TalkState.Waiting;
        End = TalkEnd.None;
        WasSuspended = false;
        Answers++;
        Since = context.Now;
        context.Change();
    }

    /// <summary>Notes that the run is tried in a round of scheduling.</summary>
    public void Try(long round) => TriedIn = round;

    /// <summary>Takes a session, empty or not, which it keeps until it gives it back.</summary>
    public void Take(GptSession session) => Session = session;

    /// <summary>Gives the session back, which the caller empties.</summary>
    public GptSession? GiveBack()
    {
        GptSession? session = Session;
        Session = null;
        return session;
    }

    /// <summary>Waiting to answering: the session reads the prompt and answers. Takes an exchange's keys and values over where it can.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="free">How the character answers freely.</param>
    /// <param name="shared">A session that has computed the card, or null.</param>
    /// <param name="pages">Pages that are reserved for it.</param>
    /// <param name="interval">The interval of the forward passes that it takes part in.</param>
    public void Begin(ReadOnlySpan<int> prompt, SessionOptions free, GptSession? shared, int pages, int interval)
    {
        GptSession session = Session!;
        int common = session.Tokens.CommonPrefixLength(prompt);
        session.Rewind(common);
        session.Configure(talk.Card.Persona.Sampling, Request.Options ?? free);
        session.Reseed(Seed);
        session.Append(prompt[common..], answer: Request.Choice is null);
        if (shared is not null)
        {
            session.ShareKeysAndValues(shared);
        }

        if (Request.Choice is { } choice)
        {
            session.Score(choice.NextTokens);
        }

        PromptTokens = prompt.Length;
        Answer(pages, interval);
    }

    /// <summary>Answering to suspended: the pages go to another; what was said stays said.</summary>
    public void Suspend()
    {
        Session!.PassInterval = 0;
        Session.ReleaseKeysAndValues();
        ReservedPages = 0;
        State = TalkState.Suspended;
        WasSuspended = true;
    }

    /// <summary>Suspended to answering.</summary>
    public void Resume(GptSession? shared, int pages, int interval)
    {
        if (shared is not null)
        {
            Session!.ShareKeysAndValues(shared);
        }

        Answer(pages, interval);
    }

    /// <summary>Has an answer under way take part in every n-th forward pass.</summary>
    public void Pace(int interval) => Session!.PassInterval = interval;

    /// <summary>Takes what a step of the engine made of an answer under way: text, a score, its end.</summary>
    public void Collect()
    {
        if (State != TalkState.Answering || IsMuted)
        {
            return;
        }

        GptSession session = Session!;
        if (Request.Choice is { } choice)
        {
            if (session.Finish != FinishReason.None)
            {
                CollectScore(session, choice);
            }

            return;
        }

        // A save that a stranger wrote may have an answer that is not to be generated any more, or to be longer than its pages.
        if (session.AnswerTokens.Length > MaxAnswerTokens)
        {
            session.Stop();
        }

        if (MoveText(session) && !session.IsBusy)
        {
            bool isWhole = session.Finish is FinishReason.Stop or FinishReason.EndOfText or FinishReason.Complete
                || (session.Finish == FinishReason.Shortened && Request.Actions is null);
            if (Request.Actions is { } actions)
            {
                TakeCall(session, actions);
            }

            Finish(isWhole ? TalkEnd.Finished : TalkEnd.Length, ShowableBytes);
        }
    }

    /// <summary>Ends whatever is being said: of it stays what was shown.</summary>
    public void Cut(int shownBytes)
    {
        int shown = Math.Min(shownBytes, ShowableBytes);
        if (IsBusy)
        {
            bool speaks = State != TalkState.Waiting && Request.Choice is null;
            Finish(TalkEnd.Interrupted, speaks ? shown : 0);
        }
        else if (shown < ShowableBytes)
        {
            if (!Request.IsAside)
            {
                talk.ShortenLast(shown, context.Texts, context.LineIds, context.Now);
            }

            End = TalkEnd.Interrupted;
        }

        // What is left can be cut again.
        _output.Clear();
        ProducedBytes = SkippedBytes + shown;
        IsMuted = false;
    }

    /// <summary>Takes the line back that is being answered, and its answer.</summary>
    public void TakeBack()
    {
        if (IsBusy)
        {
            talk.ForgetLast();
            EndAnswer(TalkEnd.Cancelled, keptTokens: 0);
            BeginText();
        }
        else
        {
            IsMuted = false;
        }
    }

    /// <summary>Ends an answer that cannot begin, because its prompt does not fit the context.</summary>
    public void EndWithoutRoom()
    {
        EndAnswer(TalkEnd.NoRoom, keptTokens: 0);
        Exchange?.End();
    }

    /// <summary>The unread text, a copy.</summary>
    public byte[] CopyUnread()
    {
        byte[] text = new byte[_output.Pending];
        if (text.Length > 0)
        {
            _output.TryRead(text, out int written);
            Array.Resize(ref text, written);
            _output.TryAppend(text); // put back after it was read
        }

        return text;
    }

    /// <summary>Becomes the run that was saved, but for its session; this one must be new.</summary>
    public void Restore(in SavedAnswer saved, in AnswerRequest request)
    {
        State = saved.State;
        End = saved.End;
        Answers = saved.Answers;
        Since = saved.Since;
        WasSuspended = saved.WasSuspended;
        PromptTokens = saved.PromptTokens;
        ProducedBytes = saved.ProducedBytes;
        SkippedBytes = saved.SkippedBytes;
        ReadBytes = saved.ReadBytes;
        _output.TryAppend(saved.Unread);
        Request = request;
    }

    /// <summary>Takes an action of a save that the game has not taken.</summary>
    public void RestoreCall(CharacterAction action, long[] values)
    {
        MakeRoomForCalls();
        Calls!.Add(action, values);
    }

    /// <summary>Notes that the words of a restored answer under way are over.</summary>
    public void RestoreAction() => _isActing = true;

    private void Answer(int pages, int interval)
    {
        Session!.PassInterval = interval;
        ReservedPages = pages;
        State = TalkState.Answering;
        context.Change();
    }

    private void CollectScore(GptSession session, PendingChoice choice)
    {
        choice.Score(session.LogProbability);
        session.Rewind(PromptTokens);
        context.Change();
        if (!choice.IsScored)
        {
            session.Score(choice.NextTokens);
            return;
        }

        choice.Result.Make(talk.Card.Persona.Sampling.Temperature, SeedSequence.Fraction(Seed));
        if (Request.IsAside)
        {
            talk.ForgetLast();
        }
        else
        {
            int lead = context.Prompts.LeadBytes;
            ReadOnlySpan<int> tokens = choice.ChosenTokens;
            ReadOnlySpan<byte> text = context.Texts.Decode(tokens, talk.Card.AnswerStart[^1])[lead..];
            talk.AddSaid(tokens, [], lead, text.Length, context.Now);
            _output.TryAppend(text);
            ProducedBytes = lead + text.Length;
            SkippedBytes = lead;
        }

        EndAnswer(TalkEnd.Finished, keptTokens: 0);
    }

    /// <summary>Moves text from the session to the reader.</summary>
    /// <returns>Whether the session has none left.</returns>
    private bool MoveText(GptSession session)
    {
        bool isKept = Exchange is not { IsHeard: false };
        if (session.Finish != FinishReason.None)
        {
            session.EndText(); // an answer that was cut does not go on
        }

        while (true)
        {
            int room = isKept ? Math.Min(_output.FreeBytes, context.Chunk.Length) : context.Chunk.Length;
            if (room < 4)
            {
                return false;
            }

            if (!session.TryRead(context.Chunk.AsSpan(0, room), out int written))
            {
                return true;
            }

            ReadOnlySpan<byte> text = Words(context.Chunk.AsSpan(0, written));
            written = text.Length;
            int skipped = ShowableBytes > 0 ? 0
                : !Request.IsFormed ? written - text.TrimStart(" \t\r\n"u8).Length
                : Math.Min(written, context.Prompts.LeadBytes - SkippedBytes);
            ProducedBytes += written;
            SkippedBytes += skipped;
            if (isKept)
            {
                _output.TryAppend(text[skipped..]);
            }
        }
    }

    /// <summary>The words within a part of an answer: all of it, or what comes before the action, which is not shown.</summary>
    private ReadOnlySpan<byte> Words(ReadOnlySpan<byte> text)
    {
        if (Request.Actions is null)
        {
            return text;
        }

        int mark = _isActing ? 0 : text.IndexOf(ActionSet.Mark);
        _isActing = mark >= 0;
        return _isActing ? text[..mark] : text;
    }

    /// <summary>Notes the action at the end of an answer, if there is one.</summary>
    private void TakeCall(GptSession session, ActionSet actions)
    {
        ReadOnlySpan<byte> text = context.Texts.Decode(session.AnswerTokens, talk.Card.AnswerStart[^1]);
        int mark = text.IndexOf(ActionSet.Mark);
        int end = text.LastIndexOf((byte)'}');
        Span<long> values = stackalloc long[CharacterAction.MaxArguments];
        if (mark >= 0 && end > mark && actions.TryRead(text[mark..(end + 1)], values, out int action))
        {
            MakeRoomForCalls();
            Calls!.Add(actions.Actions[action], values);
        }
    }

    /// <summary>Takes an answer, or its beginning, into the talk.</summary>
    private void Finish(TalkEnd end, int shownBytes)
    {
        int kept = 0;
        if (Request.IsAside)
        {
            talk.ForgetLast();
        }
        else if (shownBytes > 0)
        {
            ReadOnlySpan<int> tokens = Session!.AnswerTokens;
            kept = context.Texts.Cut(tokens, talk.Card.AnswerStart[^1], SkippedBytes + shownBytes, context.LineIds, out int rest, out int bytes);
            int lead = Math.Min(SkippedBytes, bytes);
            talk.AddSaid(tokens[..kept], context.LineIds.AsSpan(0, rest), lead, bytes - lead, context.Now);
        }

        EndAnswer(end, kept);
        Exchange?.PassOn(this, isEmpty: shownBytes == 0);
    }

    /// <summary>To idle, from whatever is not. What was computed of the answer and is kept stays computed.</summary>
    private void EndAnswer(TalkEnd end, int keptTokens)
    {
        Request.Choice?.Result.Cancel();
        if (Session is { } session && State is TalkState.Answering or TalkState.Suspended)
        {
            session.Rewind(Math.Min(PromptTokens + keptTokens, session.Tokens.Length));
            session.PassInterval = 0;
        }

        Request = AnswerRequest.Free with { IsAside = Request.IsAside };
        State = TalkState.Idle;
        End = end;
        ReservedPages = 0;
        Since = context.Now;
        context.Change();
    }

    /// <summary>Begins to count the bytes of a new answer.</summary>
    private void BeginText()
    {
        _output.Clear();
        ProducedBytes = 0;
        SkippedBytes = 0;
        ReadBytes = 0;
        IsMuted = false;
        _isActing = false;
    }
}
