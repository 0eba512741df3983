using TinyGpt.Dialogue.Talks;

namespace TinyGpt.Dialogue;

/// <summary>How answers begin: who is next, and what the prompt is.</summary>
public sealed partial class DialogueStage
{
    // Writing a prompt takes some ten microseconds; more of them in one go would be felt.
    private const int MostStartsInRound = 4;

    private readonly int[] _prompt;
    private long _round;

    private enum StartResult
    {
        Started,
        WaitsForPrefix,
        WaitsForMemory,
    }

    /// <summary>Tokens of a prompt that are there whatever was said.</summary>
    private int FixedTokens(Talk talk)
    {
        int start = talk.Npc.Persona.Examples.Count > 0 ? 0 : Prompts.TalkStart.Length;
        return talk.Npc.Prefix.Length + start + talk.SummaryIds.Length + talk.Npc.AnswerStart.Length;
    }

    /// <summary>Whoever calls holds the gate.</summary>
    /// <exception cref="ArgumentException">With the summary there is no room for a line and an answer.</exception>
    internal void RequireRoomForSummary(Talk talk, int[] summary)
    {
        int others = FixedTokens(talk) - talk.SummaryIds.Length + talk.Npc.Persona.MaxAnswerTokens + LeastLineTokens;
        int room = Model.Config.ContextLength - others;
        if (summary.Length > room)
        {
            throw new ArgumentException(
                $"The summary takes {summary.Length} tokens, and beside the card of {talk.Npc.Name}, a line and an answer the context has room for "
                + $"{Math.Max(0, room)}: shorten it.",
                nameof(summary));
        }
    }

    private static int MostAnswerTokens(Talk talk, in AnswerRequest request) =>
        request.Choice?.Longest ?? request.Options?.MaxNewTokens ?? talk.Npc.Persona.MaxAnswerTokens;

    private void Await(Talk talk, AnswerRequest request)
    {
        talk.BeginText();
        talk.Request = request;
        talk.Phase = TalkState.Waiting;
        talk.End = TalkEnd.None;
        talk.WasSuspended = false;
        talk.Answers++;
        talk.Since = _now;
        _changed = true;
    }

    /// <summary>Gives everybody their share, and begins answers that wait, the nearest character's first.</summary>
    private void Schedule()
    {
        _round++;
        foreach (Exchange exchange in _exchanges)
        {
            if (exchange.Next is { } next && (!exchange.IsHeard || exchange.OtherSide(next).Output.Pending == 0))
            {
                exchange.Next = null;
                Await(next, AnswerRequest.Free);
            }
        }

        foreach (Npc npc in _npcs)
        {
            npc.WantsBase = npc.WantsBase && EnsureBase(npc) == StartResult.WaitsForPrefix;
        }

        foreach (Talk talk in _talks)
        {
            if (talk.Phase == TalkState.Answering)
            {
                talk.Session!.PassInterval = Interval(talk.Npc.Distance);
            }
        }

        int started = 0;
        while (started < MostStartsInRound && NextWaiting() is { } talk)
        {
            talk.TriedIn = _round;
            StartResult result = TryStart(talk);
            if (result == StartResult.WaitsForMemory)
            {
                break; // whoever is farther away must not take what this one waits for
            }

            started += result == StartResult.Started ? 1 : 0;
        }
    }

    private int Interval(float distance) => float.IsPositiveInfinity(distance) ? 0
        : Math.Clamp((int)Math.Min(Math.Ceiling(distance / _options.FullRateDistance), MostInterval), 1, MostInterval);

    private Talk? NextWaiting()
    {
        Talk? best = null;
        foreach (Talk talk in _talks)
        {
            bool waits = talk.Phase is TalkState.Waiting or TalkState.Suspended && talk.TriedIn != _round
                && !float.IsPositiveInfinity(talk.Npc.Distance);
            if (waits && (best is null || talk.Npc.Distance < best.Npc.Distance
                || (talk.Npc.Distance == best.Npc.Distance && talk.Since < best.Since)))
            {
                best = talk;
            }
        }

        return best;
    }

    private StartResult TryStart(Talk talk)
    {
        int most = MostAnswerTokens(talk, talk.Request);
        if (talk.Phase == TalkState.Suspended)
        {
            return TryResume(talk, PagesFor(talk.PromptTokens + most) + 1);
        }

        int length = WritePrompt(talk, most);
        if (length < 0)
        {
            EndAnswer(talk, TalkEnd.NoRoom, keptTokens: 0);
            return StartResult.Started;
        }

        Npc npc = talk.Npc;
        ReadOnlySpan<int> prompt = _prompt.AsSpan(0, length);
        int known = talk.Session is { } own ? Math.Min(own.ComputedTokens, own.Tokens.CommonPrefixLength(prompt)) : 0;
        if (known < npc.Prefix.Length && EnsureBase(npc) == StartResult.WaitsForPrefix)
        {
            return StartResult.WaitsForPrefix;
        }

        talk.Session ??= TakeSession(npc);
        int pages = PagesFor(length + most) + 1;
        if (talk.Session is not { } session || !TryReserve(session, pages, npc, talk))
        {
            return StartResult.WaitsForMemory;
        }

        talk.ReservedPages = pages;
        Begin(talk, session, prompt);
        return StartResult.Started;
    }

    /// <summary>Puts a prompt together, and takes older turns out of it where it would be too long.</summary>
    /// <returns>Its length, or -1 if there is no room even for the last turn.</returns>
    private int WritePrompt(Talk talk, int answerTokens)
    {
        int room = Model.Config.ContextLength - answerTokens - FixedTokens(talk);
        if (talk.Log.WindowTokens > room)
        {
            // Half of the room, so that it takes a while until everything has to be read again.
            talk.Log.ShrinkWindow(room / 2);
        }

        if (talk.Log.WindowTokens > room)
        {
            return -1;
        }

        Span<int> prompt = _prompt;
        int length = 0;
        void Write(Span<int> target, ReadOnlySpan<int> ids)
        {
            ids.CopyTo(target[length..]);
            length += ids.Length;
        }

        Write(prompt, talk.Npc.Prefix);
        Write(prompt, talk.SummaryIds);
        Write(prompt, talk.Npc.Persona.Examples.Count > 0 ? [] : Prompts.TalkStart);
        Write(prompt, talk.Log.WindowIds);
        Write(prompt, talk.Npc.AnswerStart);
        return length;
    }

    private void Begin(Talk talk, GptSession session, ReadOnlySpan<int> prompt)
    {
        AnswerRequest request = talk.Request;
        int common = session.Tokens.CommonPrefixLength(prompt);
        session.Rewind(common);
        session.Configure(talk.Npc.Persona.Sampling, request.Options ?? talk.Npc.Options);
        session.Reseed(AnswerSeed(talk));
        session.Append(prompt[common..], answer: request.Choice is null);
        if (talk.Npc.Base is { } shared)
        {
            session.ShareKeysAndValues(shared);
        }

        if (request.Choice is { } choice)
        {
            session.Score(choice.NextTokens);
        }

        session.PassInterval = Interval(talk.Npc.Distance);
        talk.PromptTokens = prompt.Length;
        talk.Phase = TalkState.Answering;
        _changed = true;
    }

    private static ulong AnswerSeed(Talk talk) => SeedSequence.Derive(talk.Seed, (ulong)talk.Answers);
}
