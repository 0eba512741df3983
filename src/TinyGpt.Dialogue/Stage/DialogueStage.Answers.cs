using System.Buffers;
using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue;

/// <summary>How answers come and end, and what is remembered of them.</summary>
public sealed partial class DialogueStage
{
    private readonly AnswerText _texts;
    private readonly byte[] _chunk = new byte[1024];

    /// <summary>Takes what the step made: text, scores, ends of answers, and cards that are computed.</summary>
    private void Collect()
    {
        foreach (Talk talk in _talks)
        {
            if (talk.Phase == TalkState.Answering && !talk.IsMuted)
            {
                CollectFrom(talk, talk.Session!);
            }
        }

        foreach (Npc npc in _npcs)
        {
            if (npc.BaseReservedPages > 0 && npc.Base is { IsBusy: false })
            {
                npc.BaseReservedPages = 0;
                _changed = true;
            }
        }

        _changed |= _worldIsPending && _world is { IsBusy: false };
        _worldIsPending = _world is { IsBusy: true };
    }

    private void CollectFrom(Talk talk, GptSession session)
    {
        if (talk.Request.Choice is { } choice)
        {
            if (session.Finish != FinishReason.None)
            {
                CollectScore(talk, session, choice);
            }

            return;
        }

        // A save that a stranger wrote may have an answer that is not to be generated any more, or to be longer than its pages.
        if (session.AnswerTokens.Length > MostAnswerTokens(talk, talk.Request))
        {
            session.Stop();
        }

        if (!MoveText(talk, session) || session.IsBusy)
        {
            return;
        }

        TalkEnd end = session.Finish is FinishReason.Stop or FinishReason.EndOfText or FinishReason.Complete ? TalkEnd.Finished : TalkEnd.Length;
        FinishAnswer(talk, end, talk.ShowableBytes);
    }

    private void CollectScore(Talk talk, GptSession session, PendingChoice choice)
    {
        choice.Score(session.LogProbability);
        session.Rewind(talk.PromptTokens);
        _changed = true;
        if (!choice.IsScored)
        {
            session.Score(choice.NextTokens);
            return;
        }

        choice.Result.Make(talk.Npc.Persona.Sampling.Temperature, SeedSequence.Fraction(AnswerSeed(talk)));
        if (talk.Request.IsAside)
        {
            talk.Log.Truncate(talk.Log.Turns.Length - 1);
        }
        else
        {
            ReadOnlySpan<int> tokens = choice.ChosenTokens;
            ReadOnlySpan<byte> text = _texts.Decode(tokens, talk.Npc.AnswerStart[^1])[Prompts.LeadBytes..];
            talk.Log.Add(TurnKind.Said, talk.Npc.AnswerStart, tokens, [], talk.Npc.AnswerStartBytes + Prompts.LeadBytes, text.Length, _now);
            talk.Output.TryAppend(text);
            talk.ProducedBytes = Prompts.LeadBytes + text.Length;
            talk.SkippedBytes = Prompts.LeadBytes;
        }

        EndAnswer(talk, TalkEnd.Finished, keptTokens: 0);
    }

    /// <summary>Moves text from a session to its talk.</summary>
    /// <returns>Whether the session has none left.</returns>
    private bool MoveText(Talk talk, GptSession session)
    {
        bool isKept = talk.Exchange is not { IsHeard: false };
        while (true)
        {
            int room = isKept ? Math.Min(talk.Output.FreeBytes, _chunk.Length) : _chunk.Length;
            if (room < 4)
            {
                return false;
            }

            if (!session.TryRead(_chunk.AsSpan(0, room), out int written))
            {
                return true;
            }

            ReadOnlySpan<byte> text = _chunk.AsSpan(0, written);
            int skipped = talk.ShowableBytes > 0 ? 0
                : talk.Request.Grammar is null ? written - text.TrimStart(" \t\r\n"u8).Length
                : Math.Min(written, Prompts.LeadBytes - talk.SkippedBytes);
            talk.ProducedBytes += written;
            talk.SkippedBytes += skipped;
            if (isKept)
            {
                talk.Output.TryAppend(text[skipped..]);
            }
        }
    }

    /// <summary>Takes an answer, or its beginning, into the talk.</summary>
    private void FinishAnswer(Talk talk, TalkEnd end, int shownBytes)
    {
        int kept = 0;
        if (talk.Request.IsAside)
        {
            talk.Log.Truncate(talk.Log.Turns.Length - 1);
        }
        else if (shownBytes > 0)
        {
            ReadOnlySpan<int> tokens = talk.Session!.AnswerTokens;
            kept = _texts.Cut(tokens, talk.Npc.AnswerStart[^1], talk.SkippedBytes + shownBytes, _lineIds, out int rest, out int bytes);
            int lead = Math.Min(talk.SkippedBytes, bytes);
            talk.Log.Add(
                TurnKind.Said,
                talk.Npc.AnswerStart,
                tokens[..kept],
                _lineIds.AsSpan(0, rest),
                talk.Npc.AnswerStartBytes + lead,
                bytes - lead,
                _now);
        }

        EndAnswer(talk, end, kept);
        if (talk.Exchange is { } exchange)
        {
            PassOn(exchange, talk, isEmpty: shownBytes == 0);
        }
    }

    /// <summary>Ends an answer that was waited for, under way or suspended. What was computed of it and is kept stays computed.</summary>
    private void EndAnswer(Talk talk, TalkEnd end, int keptTokens)
    {
        talk.Request.Choice?.Result.Cancel();
        if (talk.Session is { } session && talk.Phase is TalkState.Answering or TalkState.Suspended)
        {
            session.Rewind(Math.Min(talk.PromptTokens + keptTokens, session.Tokens.Length));
            session.PassInterval = 0;
        }

        talk.Request = default;
        talk.Phase = TalkState.Idle;
        talk.End = end;
        talk.ReservedPages = 0;
        talk.Since = _now;
        _changed = true;
    }

    /// <summary>Has the other character hear the line that was just said, and answer it once the player has.</summary>
    private void PassOn(Exchange exchange, Talk speaker, bool isEmpty)
    {
        exchange.LinesLeft = isEmpty ? 0 : Math.Max(0, exchange.LinesLeft - 1);
        if (isEmpty)
        {
            return;
        }

        Talk listener = exchange.OtherSide(speaker);
        LoggedTurn said = speaker.Log.Turns[^1];
        ReadOnlySpan<byte> text = _texts.Decode(speaker.Log.Ids(said)).Slice(said.TextStart, said.TextLength);
        OperationStatus status = Prompts.HeardLine(listener.Heard, text, _lineIds, out int length, out int textLength);
        if (status != OperationStatus.Done || textLength == 0)
        {
            exchange.LinesLeft = 0;
            return;
        }

        listener.Log.Add(TurnKind.Heard, _lineIds.AsSpan(0, length), [], [], listener.Heard.Before.Length, textLength, _now);
        exchange.Next = exchange.LinesLeft > 0 ? listener : null;
    }

    /// <summary>Ends whatever is being said: of it stays what was shown.</summary>
    private void CutAnswer(Talk talk, int shownBytes)
    {
        int shown = Math.Min(shownBytes, talk.ShowableBytes);
        if (talk.IsBusy)
        {
            bool speaks = talk.Phase != TalkState.Waiting && talk.Request.Choice is null;
            FinishAnswer(talk, TalkEnd.Interrupted, speaks ? shown : 0);
        }
        else if (shown < talk.ShowableBytes)
        {
            ShortenLastLine(talk, shown);
            talk.End = TalkEnd.Interrupted;
        }

        // What is left can be cut again.
        talk.Output.Clear();
        talk.ProducedBytes = talk.SkippedBytes + shown;
        talk.IsMuted = false;
    }

    private void ShortenLastLine(Talk talk, int shown)
    {
        if (talk.Log.Turns is not [.., { Kind: TurnKind.Said } turn])
        {
            return; // an aside, which nobody remembers
        }

        // The start of the answer is the one that it was said with: the stage may have been restored with another layout since.
        ReadOnlySpan<int> ids = talk.Log.Ids(turn);
        int frame = _texts.CountWithin(ids, ids[0], turn.TextStart, out int frameBytes);
        int lead = turn.TextStart - frameBytes;
        int kept = _texts.Cut(ids[frame..], ids[Math.Max(0, frame - 1)], lead + shown, _lineIds, out int rest, out int bytes);
        talk.Log.Truncate(talk.Log.Turns.Length - 1);
        if (shown > 0)
        {
            // The log takes its own tokens back in their old place.
            talk.Log.Add(
                TurnKind.Said, ids[..frame], ids.Slice(frame, kept), _lineIds.AsSpan(0, rest), turn.TextStart, Math.Max(0, bytes - lead), _now);
        }
    }

    private void TakeBack(Talk talk)
    {
        if (talk.IsBusy)
        {
            talk.Log.Truncate(talk.Log.Turns.Length - 1);
            EndAnswer(talk, TalkEnd.Cancelled, keptTokens: 0);
            talk.BeginText();
        }
        else
        {
            talk.IsMuted = false;
        }
    }
}
