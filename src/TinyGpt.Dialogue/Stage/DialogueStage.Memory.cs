namespace TinyGpt.Dialogue;

/// <summary>
/// Who has a session and pages. An answer begins only when all pages that it can come to need are there or promised to nobody, so that
/// none runs out of memory half-way; what is idle is evicted for it, the least recently used first.
/// </summary>
public sealed partial class DialogueStage
{
    private const int MostInterval = 8;

    private readonly SessionPool _sessions;
    private readonly GptSession? _world;
    private bool _worldIsPending;

    private static int PagesFor(int tokens) => (tokens + GptEngine.PositionsPerPage - 1) / GptEngine.PositionsPerPage;

    private void CheckArena()
    {
        int needed = PagesFor(WorldIds.Length) + PagesFor(Model.Config.ContextLength) + 2;
        if (_engine.KvPages < needed)
        {
            throw new ArgumentException(
                $"The arena has {_engine.KvPages} pages, and the world and one talk can take {needed}: raise GptEngineOptions.KvPages.",
                nameof(StageOptions.Engine));
        }
    }

    /// <summary>Sees to it that a character's world and card are computed once, for all of its talks.</summary>
    /// <returns>
    /// <see cref="StartResult.Started"/> if they are, <see cref="StartResult.WaitsForPrefix"/> if they soon will be, and
    /// <see cref="StartResult.WaitsForMemory"/> if there is no room for that, so that a talk has to compute them itself.
    /// </returns>
    private StartResult EnsureBase(Npc npc)
    {
        if (_world is { IsBusy: true })
        {
            _worldIsPending = true;
            return StartResult.WaitsForPrefix;
        }

        // Of two sessions at least, one must remain for the talk.
        npc.Base ??= CountAvailable(npc) >= 2 ? TakeSession(npc) : null;
        if (npc.Base is not { } session)
        {
            return StartResult.WaitsForMemory;
        }

        if (!session.Tokens.SequenceEqual(npc.Prefix))
        {
            int pages = PagesFor(npc.Prefix.Length) + 1;
            if (!TryReserve(session, pages, npc, requester: null))
            {
                Release(npc);
                return StartResult.WaitsForMemory;
            }

            int common = session.Tokens.CommonPrefixLength(npc.Prefix);
            session.Rewind(common);
            session.PassInterval = 1;
            if (common < npc.Prefix.Length)
            {
                session.Append(npc.Prefix.AsSpan(common), answer: false);
            }

            if (_world is not null)
            {
                session.ShareKeysAndValues(_world);
            }

            npc.BaseReservedPages = pages;
            _changed = true;
        }

        npc.BaseUsed = _now;
        return session.ComputedTokens == session.Tokens.Length ? StartResult.Started : StartResult.WaitsForPrefix;
    }

    /// <summary>Takes a session, somebody's idle one if it must be.</summary>
    /// <returns>The session, empty; null if all are in use.</returns>
    private GptSession? TakeSession(Npc npc)
    {
        if (_sessions.Available == 0 && !TryEvict(npc, except: null))
        {
            return null;
        }

        GptSession session = _sessions.Take();
        session.PassInterval = 0;
        return session;
    }

    /// <summary>Sessions that could be taken for a character.</summary>
    private int CountAvailable(Npc npc)
    {
        int count = _sessions.Available;
        foreach (Talk talk in _talks)
        {
            count += IsEvictable(talk) ? 1 : 0;
        }

        foreach (Npc other in _npcs)
        {
            count += other != npc && IsEvictable(other) ? 1 : 0;
        }

        return count;
    }

    /// <summary>Sees to it that a session can come to hold so many pages, whatever others come to need that were promised theirs.</summary>
    /// <param name="session">The session.</param>
    /// <param name="pages">All pages that it will hold.</param>
    /// <param name="npc">The character for whom it is; its card is not evicted.</param>
    /// <param name="requester">The talk for which characters farther away are suspended, or null.</param>
    private bool TryReserve(GptSession session, int pages, Npc npc, Talk? requester)
    {
        while (UnpromisedPages(session) < pages - session.KvPages)
        {
            if (!TryEvict(npc, session) && !(requester is not null && TrySuspendFarther(requester)))
            {
                return false;
            }
        }

        return true;
    }

    private int UnpromisedPages(GptSession session)
    {
        int pages = _engine.FreeKvPages;
        foreach (Talk talk in _talks)
        {
            if (talk.ReservedPages > 0 && talk.Session != session)
            {
                pages -= Math.Max(0, talk.ReservedPages - talk.Session!.KvPages);
            }
        }

        foreach (Npc npc in _npcs)
        {
            if (npc.BaseReservedPages > 0 && npc.Base != session)
            {
                pages -= Math.Max(0, npc.BaseReservedPages - npc.Base!.KvPages);
            }
        }

        return _world is { IsBusy: true } ? pages - Math.Max(0, PagesFor(WorldIds.Length) - _world.KvPages) : pages;
    }

    private static bool IsEvictable(Talk talk) => talk.Session is not null && talk.Phase is TalkState.Idle or TalkState.Waiting;

    private static bool IsEvictable(Npc npc) => npc.Base is not null && npc.BaseReservedPages == 0;

    /// <summary>Takes session and pages from the talk that does not answer, or the card, that was not used for the longest time.</summary>
    private bool TryEvict(Npc exceptCard, GptSession? except)
    {
        Talk? talk = null;
        Npc? card = null;
        long oldest = long.MaxValue;
        foreach (Npc npc in _npcs)
        {
            if (npc != exceptCard && IsEvictable(npc) && npc.BaseUsed < oldest)
            {
                (card, oldest) = (npc, npc.BaseUsed);
            }
        }

        foreach (Talk candidate in _talks)
        {
            if (IsEvictable(candidate) && candidate.Session != except && candidate.Since < oldest)
            {
                (talk, card, oldest) = (candidate, null, candidate.Since);
            }
        }

        if (talk is not null)
        {
            _sessions.Return(talk.Session!);
            talk.Session = null;
        }
        else if (card is not null)
        {
            Release(card);
        }

        return talk is not null || card is not null;
    }

    private void Release(Npc npc)
    {
        _sessions.Return(npc.Base!);
        npc.Base = null;
        npc.BaseReservedPages = 0;
    }

    /// <summary>
    /// Takes the pages from the farthest character that answers and is farther than another; once an answer at most, so that every answer
    /// comes to its end however characters move about.
    /// </summary>
    private bool TrySuspendFarther(Talk requester)
    {
        Talk? farthest = null;
        foreach (Talk talk in _talks)
        {
            if (talk.Phase == TalkState.Answering && !talk.WasSuspended && talk.Npc.Distance > (farthest ?? requester).Npc.Distance)
            {
                farthest = talk;
            }
        }

        if (farthest is null)
        {
            return false;
        }

        farthest.Session!.PassInterval = 0;
        farthest.Session.ReleaseKeysAndValues();
        farthest.ReservedPages = 0;
        farthest.Phase = TalkState.Suspended;
        farthest.WasSuspended = true;
        return true;
    }

    private StartResult TryResume(Talk talk, int pages)
    {
        GptSession session = talk.Session!;
        if (!TryReserve(session, pages, talk.Npc, talk))
        {
            return StartResult.WaitsForMemory;
        }

        if (talk.Npc.Base is { } shared)
        {
            session.ShareKeysAndValues(shared);
        }

        session.PassInterval = Interval(talk.Npc.Distance);
        talk.ReservedPages = pages;
        talk.Phase = TalkState.Answering;
        _changed = true;
        return StartResult.Started;
    }
}
