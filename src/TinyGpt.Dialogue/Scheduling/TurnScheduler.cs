using TinyGpt.Dialogue.Answers;

namespace TinyGpt.Dialogue.Scheduling;

/// <summary>
/// Decides the next answer: the nearest character whose turn it is, as soon as its card is computed and its pages are reserved. Not thread-safe; allocates
/// nothing.
/// </summary>
internal sealed class TurnScheduler(Roster roster, PageReservations reservations, AnswerContext context, float fullRateDistance)
{
    private const int MaxInterval = 8;

    // Writing a prompt takes some ten microseconds; more of them in one go would be felt.
    private const int MaxStartsInRound = 4;

    private long _round;
    private bool _worldIsPending;

    private enum StartResult
    {
        Started,
        WaitsForPrefix,
        WaitsForMemory,
    }

    /// <summary>Whether anything is to be said or computed.</summary>
    public bool IsBusy => roster.IsBusy || reservations.World is { IsBusy: true };

    /// <summary>Gives each talk its share, and starts waiting answers, the nearest character's first.</summary>
    public void Schedule()
    {
        context.BeginRound();
        _round++;
        foreach (ExchangeTurns exchange in roster.Exchanges)
        {
            exchange.TakeTurn();
        }

        foreach (StageCharacter character in roster.Characters)
        {
            character.WantPrefix(character.IsPrefixWanted && EnsurePrefix(character) == StartResult.WaitsForPrefix);
        }

        foreach (AnswerRun run in roster.Runs)
        {
            if (run.State == TalkState.Answering)
            {
                run.Pace(Interval(run));
            }
        }

        int started = 0;
        while (started < MaxStartsInRound && NextWaiting() is { } run)
        {
            run.Try(_round);
            StartResult result = TryStart(run);
            if (result == StartResult.WaitsForMemory)
            {
                break; // a farther character must not take what this one waits for
            }

            started += result == StartResult.Started ? 1 : 0;
        }
    }

    /// <summary>Takes what a step of the engine made: text, scores, ends of answers, and cards that are computed.</summary>
    public void Collect()
    {
        foreach (AnswerRun run in roster.Runs)
        {
            run.Collect();
        }

        foreach (StageCharacter character in roster.Characters)
        {
            if (character.TryFinish())
            {
                context.Change();
            }
        }

        bool isPending = reservations.World is { IsBusy: true };
        if (_worldIsPending && !isPending)
        {
            context.Change();
        }

        _worldIsPending = isPending;
    }

    private int Interval(AnswerRun run)
    {
        float distance = roster.CharacterOf(run).Distance;
        return float.IsPositiveInfinity(distance) ? 0
            : Math.Clamp((int)Math.Min(Math.Ceiling(distance / fullRateDistance), MaxInterval), 1, MaxInterval);
    }

    private AnswerRun? NextWaiting()
    {
        AnswerRun? best = null;
        float nearest = float.PositiveInfinity;
        foreach (AnswerRun run in roster.Runs)
        {
            if (run.State is not (TalkState.Waiting or TalkState.Suspended) || run.TriedIn == _round)
            {
                continue;
            }

            float distance = roster.CharacterOf(run).Distance;
            if (distance < nearest || (best is not null && distance == nearest && run.Since < best.Since))
            {
                (best, nearest) = (run, distance);
            }
        }

        return best;
    }

    /// <summary>Sees to it that a character's world and card are computed once, for all of its talks.</summary>
    /// <returns>
    /// <see cref="StartResult.Started"/> if they are, <see cref="StartResult.WaitsForPrefix"/> if they soon will be, and
    /// <see cref="StartResult.WaitsForMemory"/> if there is no room for that, so that a talk has to compute them itself.
    /// </returns>
    private StartResult EnsurePrefix(StageCharacter character)
    {
        if (reservations.World is { IsBusy: true })
        {
            _worldIsPending = true;
            return StartResult.WaitsForPrefix;
        }

        // Of two sessions at least, one must remain for the talk.
        if (character.Prefix is null && reservations.CountAvailable(character) >= 2 && reservations.TakeSession(character) is { } taken)
        {
            character.Take(taken);
        }

        if (character.Prefix is not { } session)
        {
            return StartResult.WaitsForMemory;
        }

        if (!session.Tokens.SequenceEqual(character.Card.Prefix))
        {
            int pages = PageReservations.PagesFor(character.Card.Prefix.Length) + 1;
            if (!reservations.TryReserve(session, pages, character, requester: null))
            {
                reservations.Release(character);
                return StartResult.WaitsForMemory;
            }

            character.Compute(reservations.World, pages);
            context.Change();
        }

        character.Use(context.Now);
        return session.ComputedTokens == session.Tokens.Length ? StartResult.Started : StartResult.WaitsForPrefix;
    }

    private StartResult TryStart(AnswerRun run)
    {
        StageCharacter character = roster.CharacterOf(run);
        int most = run.MaxAnswerTokens;
        if (run.State == TalkState.Suspended)
        {
            int needed = PageReservations.PagesFor(run.PromptTokens + most) + 1;
            if (!reservations.TryReserve(run.Session!, needed, character, run))
            {
                return StartResult.WaitsForMemory;
            }

            run.Resume(character.Prefix, needed, Interval(run));
            return StartResult.Started;
        }

        int length = run.Talk.WritePrompt(context.PromptIds, most);
        if (length < 0)
        {
            run.EndWithoutRoom();
            return StartResult.Started;
        }

        ReadOnlySpan<int> prompt = context.PromptIds.AsSpan(0, length);
        int known = run.Session is { } own ? Math.Min(own.ComputedTokens, own.Tokens.CommonPrefixLength(prompt)) : 0;
        if (known < character.Card.Prefix.Length && EnsurePrefix(character) == StartResult.WaitsForPrefix)
        {
            return StartResult.WaitsForPrefix;
        }

        if (run.Session is null && reservations.TakeSession(character) is { } taken)
        {
            run.Take(taken);
        }

        int pages = PageReservations.PagesFor(length + most) + 1;
        if (run.Session is not { } session || !reservations.TryReserve(session, pages, character, run))
        {
            return StartResult.WaitsForMemory;
        }

        run.Begin(prompt, character.Options, character.Prefix, pages, Interval(run));
        return StartResult.Started;
    }
}
